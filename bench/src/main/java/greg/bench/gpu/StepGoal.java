package greg.bench.gpu;

import greg.kernels.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.BinaryOperator;

/**
 * What a step should reach.
 *
 * @param text the goal
 * @param limit its number
 * @param most whether the number is the most that is allowed, rather than the least that is wanted
 * @param value what was measured, if it was
 */
record StepGoal(String text, double limit, boolean most, OptionalDouble value) {
    private static final String CIFAR = "resnet56";
    private static final int CIFAR_BATCH = 128;
    private static final String IMAGENET = "resnet50";
    private static final String EAGER = "eager";

    /** {@code PASS}, {@code FAIL} or {@code not measured}. */
    String verdict() {
        if (value.isEmpty()) return "not measured";
        double v = value.getAsDouble();
        return (most ? v <= limit : v >= limit) ? "PASS" : "FAIL";
    }

    private static StepGoal most(String text, double limit, OptionalDouble value) {
        return new StepGoal(text, limit, true, value);
    }

    /** All goals, with what a run has measured of them; without times nothing is. */
    static List<StepGoal> of(StepReport report) {
        List<StepGoal> goals = new ArrayList<>();
        Measured m = new Measured(report);
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            String name = CIFAR + ", batch " + CIFAR_BATCH + ", " + precision + ": ";
            boolean tf32 = precision == Precision.TF32;
            OptionalDouble plain = m.greg(precision, false);
            OptionalDouble growing = m.greg(precision, true);
            goals.add(most(name + "ms a step", tf32 ? 2.0 : 1.5, map(plain, OptionalDouble.of(1e3), (a, b) -> a / b)));
            goals.add(most(name + "of PyTorch's best mode", 0.67, ratio(plain, m.best(precision))));
            goals.add(most(
                    name + "growing, of PyTorch eager with the penalty's loop",
                    0.25,
                    ratio(growing, m.torch(EAGER, true))));
            goals.add(most(name + "growing, of plain", 1.03, ratio(growing, plain)));
        }
        goals.add(new StepGoal(IMAGENET + ", 224 px, tf32: images/s", 938, false, m.throughput(Precision.TF32)));
        goals.add(new StepGoal(IMAGENET + ", 224 px, bf16: images/s", 2500, false, m.throughput(Precision.BF16)));
        return goals;
    }

    private static OptionalDouble ratio(OptionalDouble a, OptionalDouble b) {
        return map(a, b, (x, y) -> x / y);
    }

    private static OptionalDouble map(OptionalDouble a, OptionalDouble b, BinaryOperator<Double> f) {
        if (a.isEmpty() || b.isEmpty()) return OptionalDouble.empty();
        return OptionalDouble.of(f.apply(a.getAsDouble(), b.getAsDouble()));
    }

    /** Medians of what the goals are about: of steps that are waited for, as the peer's are. */
    private record Measured(StepReport report) {
        OptionalDouble greg(Precision precision, boolean growing) {
            if (!report.timed()) return OptionalDouble.empty();
            StepCase wanted = new StepCase(CIFAR, CIFAR_BATCH, precision, growing, true);
            return report.rows().stream()
                    .filter(row -> row.what().equals(wanted))
                    .mapToDouble(row -> row.times().median())
                    .findFirst();
        }

        OptionalDouble torch(String mode, boolean penalty) {
            if (!report.timed()) return OptionalDouble.empty();
            return report.peers().stream()
                    .filter(row -> ofCifar(row) && row.mode().equals(mode) && row.penalty() == penalty)
                    .mapToDouble(row -> row.answer().times().median())
                    .findFirst();
        }

        OptionalDouble best(Precision precision) {
            return StepPeer.modes(precision).stream()
                    .map(mode -> torch(mode, false))
                    .filter(OptionalDouble::isPresent)
                    .mapToDouble(OptionalDouble::getAsDouble)
                    .min();
        }

        private static boolean ofCifar(StepReport.PeerRow row) {
            return row.answer().skipped() == null
                    && row.what().arch().equals(CIFAR)
                    && row.what().batch() == CIFAR_BATCH;
        }

        /** Of the batch that suits best, as training sees it. */
        OptionalDouble throughput(Precision precision) {
            if (!report.timed()) return OptionalDouble.empty();
            return report.rows().stream()
                    .filter(row ->
                            row.what().arch().equals(IMAGENET) && row.what().graph())
                    .filter(row ->
                            row.what().precision() == precision && !row.what().growing())
                    .mapToDouble(StepReport.Row::imagesPerSecond)
                    .max();
        }
    }
}
