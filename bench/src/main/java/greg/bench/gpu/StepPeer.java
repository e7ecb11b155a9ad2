package greg.bench.gpu;

import greg.kernels.Precision;
import java.util.List;

/** Another program that takes the same training steps, asked in turns with greg's own. */
interface StepPeer extends AutoCloseable {
    /**
     * What it said when it was asked to time a step.
     *
     * @param times of the step
     * @param skipped why there are none, or null
     */
    record Answer(StepTimes times, String skipped) {}

    /** Program and version, for reports. */
    String version();

    /**
     * Times a step.
     *
     * @param what network and batch
     * @param mode one of {@link #modes}
     * @param penalty whether the step has the reference implementation's penalty, added to one gradient after another
     * @param samples as in {@link StepTimes#of}
     */
    Answer time(StepCase what, String mode, boolean penalty, int samples);

    @Override
    void close();

    /** The ways of running a step in a precision, the plainest first. */
    static List<String> modes(Precision precision) {
        return switch (precision) {
            case FP32 -> List.of();
            case TF32 -> List.of("eager", "channels_last", "graph", "compile");
            case BF16 -> List.of("amp", "amp_graph", "amp_compile");
        };
    }
}
