package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * {@code growth.ptx} against the update of the penalties in the order of the reference implementation: layer after layer.
 */
class GrowthTest {
    private static final int[] GROUPS = {16, 5, 300, 64, 2, 1000};
    private static final int LAYERS = GROUPS.length;
    private static final int ROW = 40;
    private static final int STATE = 8;

    /** The limit alone, every layer's history (GReg-1), the layer's own (GReg-2). */
    private static final int LIMIT = 0;

    private static final int ALL = 1;
    private static final int OWN = 2;

    /** The result that the device must reach. */
    private static final class Model {
        final float[][] l1 = new float[LAYERS][];
        final float[][] lambda = new float[LAYERS][];
        final byte[][] pruned = new byte[LAYERS][];
        final float[] history = new float[LAYERS];
        final boolean[] has = new boolean[LAYERS];
        final boolean[] finished = new boolean[LAYERS];

        Model(Random random) {
            for (int l = 0; l < LAYERS; l++) {
                lambda[l] = new float[GROUPS[l]];
                pruned[l] = new byte[GROUPS[l]];
                for (int g = 0; g < GROUPS[l]; g++) pruned[l][g] = (byte) (g % 2 == 0 ? 1 : 0);
                l1[l] = new float[GROUPS[l]];
            }
            shrink(random, 1);
        }

        /** New norms: those of the pruned groups shrink. */
        void shrink(Random random, float pruned) {
            for (int l = 0; l < LAYERS; l++) {
                for (int g = 0; g < GROUPS[l]; g++) {
                    l1[l][g] = (1 + random.nextFloat()) * (this.pruned[l][g] == 1 ? pruned / (l + 1) : 1);
                }
            }
        }

        void update(float step, float kept, float limit, float ratioLimit, int rule) {
            for (int l = 0; l < LAYERS; l++) {
                if (finished[l]) continue;
                double[] sum = new double[2];
                int[] count = new int[2];
                float largest = Float.NEGATIVE_INFINITY;
                for (int g = 0; g < GROUPS[l]; g++) {
                    sum[pruned[l][g]] += l1[l][g];
                    count[pruned[l][g]]++;
                    lambda[l][g] = pruned[l][g] == 1 ? lambda[l][g] + step : kept;
                    largest = Math.max(largest, lambda[l][g]);
                }
                float ratio = (float) (sum[0] / count[0]) / (float) (sum[1] / count[1]);
                history[l] = has[l] ? 0.9f * history[l] + 0.1f * ratio : ratio;
                has[l] = true;
                boolean reached = rule == ALL || rule == OWN && history[l] >= ratioLimit;
                for (int other = 0; rule == ALL && other < LAYERS; other++) {
                    if (has[other] && !(history[other] >= ratioLimit)) reached = false;
                }
                finished[l] = reached || largest > limit;
            }
        }
    }

    private static void check(int rule, float limit, float ratioLimit, int updates) {
        Gpu gpu = new Gpu();
        Random random = new Random(rule);
        Model model = new Model(random);
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage[] l1 = new Storage[LAYERS];
            Storage[] lambda = new Storage[LAYERS];
            ByteBuffer rows = ByteBuffer.allocate(LAYERS * ROW).order(ByteOrder.nativeOrder());
            for (int l = 0; l < LAYERS; l++) {
                l1[l] = k.out(GROUPS[l]);
                lambda[l] = k.put(model.lambda[l]);
                int pruned = 0;
                for (byte gone : model.pruned[l]) pruned += gone;
                for (Storage storage : new Storage[] {l1[l], lambda[l], k.put(model.pruned[l])}) {
                    rows.putLong(CudaStorage.of(storage).address().value());
                }
                rows.putInt(GROUPS[l]).putInt(pruned).putLong(0);
            }
            Storage table = k.put(rows.array());
            Storage state = k.put(new int[LAYERS * STATE]);
            int ended = 0;
            for (int u = 0; u < updates; u++) {
                for (int l = 0; l < LAYERS; l++) gpu.backend().transfer().upload(model.l1[l], l1[l]);
                gpu.context()
                        .launch("growth", "grow")
                        .add(table)
                        .add(state)
                        .add(0.01f)
                        .add(-1e-4f)
                        .grid(LAYERS, 1, 1);
                gpu.context()
                        .launch("growth", "grow_finish")
                        .add(state)
                        .add(LAYERS)
                        .add(limit)
                        .add(ratioLimit)
                        .add(rule)
                        .grid(1, 1, 1);
                model.update(0.01f, -1e-4f, limit, ratioLimit, rule);
                int[] words = new int[LAYERS * STATE];
                gpu.backend().transfer().download(state, words);
                for (int l = 0; l < LAYERS; l++) {
                    String what = "rule " + rule + " update " + u + " layer " + l;
                    Compare.identical(what + " lambda", model.lambda[l], k.get(lambda[l], GROUPS[l]));
                    float history = Float.intBitsToFloat(words[l * STATE]);
                    Compare.close(what, new float[] {model.history[l]}, new float[] {history}, 0, 1e-6);
                    assertEquals(model.finished[l] ? 1 : 0, words[l * STATE + 2], what + " finished");
                }
                ended = 0;
                for (boolean finished : model.finished) ended += finished ? 1 : 0;
                model.shrink(random, 1f / (u + 2));
            }
            assertEquals(LAYERS, ended, "layers that the growth of rule " + rule + " has finished");
        }
    }

    @Test
    void endsAtTheCeiling() {
        check(LIMIT, 0.055f, 0, 8);
    }

    /** Early layers lag one update behind late ones, since they see the old values of those. */
    @Test
    void endsWhenEveryHistoryIsThere() {
        check(ALL, 1, 3.5f, 30);
    }

    @Test
    void endsWhenItsOwnHistoryIsThere() {
        check(OWN, 1, 6, 30);
    }
}
