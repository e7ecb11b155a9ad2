package greg.bench.gpu;

import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Refuses to time steps that are wrong: a small network is trained for a few steps, and what that does to its parameters is
 * compared with what it does on the reference backend.
 */
final class StepCheck {
    /** The first are issued by calls, then one is recorded, and replayed. */
    private static final int STEPS = 4;

    private static final int BATCH = 4;
    /** Large enough for a forgotten penalty to show. */
    private static final float GROWTH = 1;

    private final Dataset data;
    private final Map<String, float[]> before;
    private final Map<String, float[]> expected;

    /** Computes what is expected. */
    StepCheck(Backend reference) {
        StepCase what = small(Precision.FP32, false);
        data = StepLoop.data(what, 2 * BATCH);
        try (StepLoop loop = new StepLoop(what, reference, data, GROWTH)) {
            before = loop.weights();
            for (int s = 0; s < STEPS; s++) loop.step();
            expected = loop.weights();
        }
    }

    /** The network of the check: with penalties, so that all of a step is there. */
    static StepCase small(Precision precision, boolean graph) {
        return new StepCase("resnet8", BATCH, precision, true, graph);
    }

    /** How far the change of the parameters may be from that in float32, as a share of it. */
    private static double tolerance(Precision precision) {
        return switch (precision) {
            case FP32 -> 1e-3;
            case TF32 -> 0.05;
            case BF16 -> 0.3;
        };
    }

    /** Trains on a backend, opened with the options of {@link #small}. */
    void check(StepCase what, Backend backend) {
        check(what, backend, StepLoop::step);
    }

    /** For tests: with another step. */
    void check(StepCase what, Backend backend, Consumer<StepLoop> step) {
        try (StepLoop loop = new StepLoop(what, backend, data, GROWTH)) {
            for (int s = 0; s < STEPS; s++) step.accept(loop);
            double distance = distance(loop.weights());
            if (!(distance <= tolerance(what.precision()))) {
                throw new KernelException(
                        "benchmark of training steps: " + what + ": the parameters' change in " + STEPS
                                + " steps differs from the reference backend's by " + distance
                                + " of its size, expected at most "
                                + tolerance(what.precision()) + "; a wrong step is not timed");
            }
        }
    }

    /** |change - expected change| / |expected change|, Euclidean over all parameters. */
    private double distance(Map<String, float[]> after) {
        double difference = 0;
        double size = 0;
        for (Map.Entry<String, float[]> parameter : expected.entrySet()) {
            float[] from = before.get(parameter.getKey());
            float[] to = parameter.getValue();
            float[] got = after.get(parameter.getKey());
            for (int i = 0; i < to.length; i++) {
                difference += Math.pow((double) got[i] - to[i], 2);
                size += Math.pow((double) to[i] - from[i], 2);
            }
        }
        return Math.sqrt(difference / size);
    }
}
