package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.inference.InferenceNode.Pooling;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** However images are distributed, each gives what it gives alone. */
class CpuInferencePlanTest {
    private static final int SIDE = 6;
    private static final int FILTERS = 5;

    private final Random random = new Random(3);

    private float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float) random.nextGaussian();
        return numbers;
    }

    private InferenceGraph graph() {
        Conv2dSpec conv = Conv2dSpec.of(1, 3, SIDE, SIDE, FILTERS, 3, 1, 1);
        Pool2dSpec pool = Pool2dSpec.of(Pool2dSpec.Kind.AVG, 1, FILTERS, SIDE, SIDE, SIDE, 1, 0);
        Convolution first = new Convolution(
                "conv", conv, 0, Convolution.NO_RESIDUAL, numbers(FILTERS * 27), numbers(FILTERS), Activation.RELU);
        return new InferenceGraph(new int[] {1, 3, SIDE, SIDE}, List.of(first, new Pooling("pool", pool, 1)));
    }

    @Test
    void everyDistributionGivesTheSame() {
        InferenceGraph graph = graph();
        OneDnn dnn = OneDnn.open(1);
        for (int images : new int[] {1, 3, 7, 8}) {
            float[] batch = numbers(images * 3 * SIDE * SIDE);
            float[] expected = new float[images * FILTERS];
            for (int i = 0; i < images; i++) {
                float[] image = new float[3 * SIDE * SIDE];
                System.arraycopy(batch, i * image.length, image, 0, image.length);
                float[] alone = new float[FILTERS];
                try (CpuInferencePlan plan = new CpuInferencePlan(dnn, graph, 1, 1, 1, 1, new ConvTimings(dnn))) {
                    plan.run(image, alone);
                }
                System.arraycopy(alone, 0, expected, i * FILTERS, FILTERS);
            }
            for (int lanes = 1; lanes <= Math.min(3, images); lanes++) {
                for (int together : new int[] {1, 2, 4}) {
                    try (CpuInferencePlan plan =
                            new CpuInferencePlan(dnn, graph, images, together, lanes, 1, new ConvTimings(dnn))) {
                        float[] results = new float[images * FILTERS];
                        plan.run(batch, results);
                        assertArrayEquals(expected, results, 1e-5f, images + ", " + plan.description());
                    }
                }
            }
        }
        dnn.close();
    }

    @Test
    void aClosedPlanIsNotRun() {
        OneDnn dnn = OneDnn.open(1);
        CpuInferencePlan plan = new CpuInferencePlan(dnn, graph(), 1, 1, 1, 1, new ConvTimings(dnn));
        plan.close();
        plan.close();
        assertThrows(IllegalStateException.class, () -> plan.run(new float[3 * SIDE * SIDE], new float[FILTERS]));
        dnn.close();
    }
}
