package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.BatchNormKernels;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import org.junit.jupiter.api.Test;

/** What is special about batch normalization on a GPU: its sums in float32, and the order in which blocks are combined. */
class CudaBatchNormTest {
    private record Results(float[] y, float[] mean, float[] var, float[] dx, float[] dgamma, float[] dbeta) {}

    private static Results run(Backend backend, BatchNormSpec s, float[] x) {
        BatchNormKernels bn = backend.batchNorm();
        int c = s.channels();
        try (Workspace k = new Workspace(backend)) {
            Storage xs = k.put(x);
            Storage gamma = k.put(gauss(3, c));
            Storage beta = k.put(gauss(4, c));
            Storage mean = k.put(new float[c]);
            Storage var = k.put(new float[c]);
            Storage saved = k.saved(bn.savedBytes(s));
            Storage y = k.out(s.dims());
            Storage dx = k.out(s.dims());
            Storage[] sums = {k.out(c), k.out(c)};
            bn.forwardTraining(s, xs, null, gamma, beta, mean, var, y, saved);
            bn.backward(s, xs, y, gamma, beta, saved, k.put(gauss(5, s.dims())), dx, null, sums[0], sums[1]);
            return new Results(
                    k.get(y, s.dims()),
                    k.get(mean, c),
                    k.get(var, c),
                    k.get(dx, s.dims()),
                    k.get(sums[0], c),
                    k.get(sums[1], c));
        }
    }

    /** Numbers near 5 that spread by 0.001; the rounding of their mean alone is 5e-4 of that. */
    private static float[] far(BatchNormSpec s) {
        float[] x = gauss(1, s.dims());
        for (int i = 0; i < x.length; i++) x[i] = 5 + 0.001f * x[i];
        return x;
    }

    private static void compare(String what, BatchNormSpec s, float[] x, double tolerance) {
        Results expected = run(BackendsUnderTest.reference(), s, x);
        Results actual = run(new Gpu().backend(), s, x);
        Compare.close(what + " y", expected.y, actual.y, tolerance, tolerance);
        Compare.close(what + " mean", expected.mean, actual.mean, 0, 1e-6);
        Compare.close(what + " var", expected.var, actual.var, 0, tolerance);
        // dx is as large as 1 / deviation
        Compare.close(what + " dx", expected.dx, actual.dx, 1000 * tolerance, tolerance);
        double sum = Compare.sum(s.reduction(), 1);
        Compare.close(what + " dgamma", expected.dgamma, actual.dgamma, sum, tolerance);
        Compare.close(what + " dbeta", expected.dbeta, actual.dbeta, sum, tolerance);
    }

    @Test
    void numbersFarFromZero() {
        BatchNormSpec s = new BatchNormSpec(3, 6, 33, 31, 1e-10f, 0.1f, Fusion.NONE);
        compare("near 5", s, far(s), 2e-5);
        // sums are taken from the first pixel: it may be the one that is far from all others
        float[] x = far(s);
        for (int c = 0; c < s.channels(); c++) x[c * s.h() * s.w()] = 0;
        compare("near 5, but the first", s, x, 5e-5);
    }

    /** A NaN spoils its channel, or its element where it is added, and passes the ReLU. */
    @Test
    void keepsNaN() {
        int[] d = {2, 5, 4, 3};
        int plane = 12;
        float[] x = gauss(1, d);
        float[] residual = gauss(2, d);
        x[3 * plane + 7] = Float.NaN;
        residual[plane + 2] = Float.NaN;
        Backend cuda = new Gpu().backend();
        try (Workspace k = new Workspace(cuda)) {
            BatchNormSpec s = new BatchNormSpec(d[0], d[1], d[2], d[3], 1e-5f, 0.1f, Fusion.ADD_RELU);
            Storage y = k.out(d);
            Storage saved = k.saved(cuda.batchNorm().savedBytes(s));
            Storage ones = k.put(1, 1, 1, 1, 1);
            Storage[] zeros = {k.put(new float[5]), k.put(new float[5]), k.put(new float[5])};
            cuda.batchNorm()
                    .forwardTraining(s, k.put(x), k.put(residual), ones, zeros[0], zeros[1], zeros[2], y, saved);
            float[] result = k.get(y, d);
            for (int i = 0; i < result.length; i++) {
                boolean expected = i / plane % 5 == 3 || i == plane + 2;
                assertEquals(expected, Float.isNaN(result[i]), "NaN at " + i);
            }
        }
    }

    /** Replays find the counters of the blocks as the step before left them, and give the bits of calls. */
    @Test
    void replaysGiveTheSameBits() {
        CudaBackend cuda = new Gpu().backend();
        BatchNormKernels bn = cuda.batchNorm();
        // rows for several blocks, channels for several tiles
        int[] d = {2, 40, 24, 25};
        BatchNormSpec s = new BatchNormSpec(d[0], d[1], d[2], d[3], 1e-5f, 0.1f, Fusion.ADD_RELU);
        try (Workspace k = new Workspace(cuda)) {
            Storage x = k.put(gauss(1, d));
            Storage residual = k.put(gauss(2, d));
            Storage dy = k.put(gauss(3, d));
            Storage gamma = k.put(gauss(4, 40));
            Storage beta = k.put(gauss(5, 40));
            Storage[] running = {k.put(new float[40]), k.put(new float[40])};
            Storage saved = k.saved(bn.savedBytes(s));
            Storage[] out = {k.out(d), k.out(d), k.out(d), k.out(40), k.out(40)};
            Runnable step = () -> {
                bn.forwardTraining(s, x, residual, gamma, beta, running[0], running[1], out[0], saved);
                bn.backward(s, x, out[0], gamma, beta, saved, dy, out[1], out[2], out[3], out[4]);
            };
            float[][] expected = new float[3][];
            for (int i = 0; i < 3; i++) {
                cuda.transfer().upload(gauss(10 + i, d), x);
                step.run();
                expected[i] = bits(k, d, out, running);
            }
            cuda.transfer().upload(new float[40], running[0]);
            cuda.transfer().upload(new float[40], running[1]);
            try (StepGraph graph = cuda.capture(step)) {
                for (int i = 0; i < 3; i++) {
                    cuda.transfer().upload(gauss(10 + i, d), x);
                    graph.launch();
                    Compare.identical("replay " + i, expected[i], bits(k, d, out, running));
                }
            }
        }
    }

    private static float[] bits(Workspace k, int[] d, Storage[] out, Storage[] running) {
        float[][] parts = {
            k.get(out[0], d),
            k.get(out[1], d),
            k.get(out[2], d),
            k.get(out[3], 40),
            k.get(out[4], 40),
            k.get(running[0], 40),
            k.get(running[1], 40)
        };
        int length = 0;
        for (float[] part : parts) length += part.length;
        float[] all = new float[length];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
