package greg.pruning.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run's metrics say about accuracy and loss, over all its steps: the phases follow each other on one axis, and L1 in one
 * shot begins where the run's own groups were removed.
 *
 * @param spans the phases, in order
 * @param accuracy top-1 in percent
 * @param loss cross-entropy
 */
record RunCurves(List<Span> spans, List<Curve> accuracy, List<Curve> loss) {
    private static final String TEST = "test images";
    private static final String TRAIN = "training images";
    private static final String WITHOUT = "test images, without the groups that go";
    private static final String BEST = "best epoch";
    private static final String L1 = "test images, L1 in one shot";

    /**
     * What belongs to a step of the growth, and not to the end of a step, stands in its middle: the first step's loss is no
     * second value at the end of the base network's training.
     */
    private static final double MIDDLE = 0.5;

    /** Where a line is interrupted: nothing else is there. */
    private static final double BETWEEN = 0.25;

    /** A phase, from its first step to the one after its last. */
    record Span(String name, long from, long to) {}

    /** A line over rising positions; null in {@code y} interrupts it. */
    record Curve(String name, List<Double> x, List<Double> y) {
        Curve(String name) {
            this(name, new ArrayList<>(), new ArrayList<>());
        }

        /** Adds a point; nothing where there is no value. */
        void add(double at, double value) {
            if (Double.isNaN(value)) return;
            x.add(at);
            y.add(Rounded.of(value));
        }

        /** Interrupts the line, if it has begun. */
        void gap(double at) {
            if (x.isEmpty()) return;
            x.add(at);
            y.add(null);
        }
    }

    /**
     * From the records of a run.
     *
     * @param metrics content of metrics.jsonl
     * @param report content of report.json, or null while the run is not finished
     */
    static RunCurves of(List<Field> metrics, Field report) {
        return new Builder(metrics, report).build();
    }

    /** The value of {@code key} after each epoch of a phase, from epoch 1; epochs without one are left out. */
    static Curve byEpoch(List<Field> metrics, String phase, String key) {
        Curve curve = new Curve(phase);
        for (Field record : metrics) {
            if (isEpoch(record, phase))
                curve.add(record.get("epoch").number() + 1, record.get(key).numberOrNaN());
        }
        return curve;
    }

    static boolean isEpoch(Field record, String phase) {
        return record.get("epoch").isThere() && record.get("phase").text().equals(phase);
    }

    private static final class Builder {
        private final List<Field> metrics;
        private final Field report;
        private final GrowthCurves.Times times;
        private final long base;
        private final long removal;
        /** Where the network without the groups stands: the base network has the same step if nothing grew. */
        private final double removed;

        Builder(List<Field> metrics, Field report) {
            this.metrics = metrics;
            this.report = report;
            times = GrowthCurves.Times.of(metrics);
            base = Math.max(steps("base"), steps("train"));
            removal = base + times.end();
            removed = removal == base ? removal + MIDDLE : removal;
        }

        private long steps(String phase) {
            long last = 0;
            for (Field record : metrics) {
                if (isEpoch(record, phase)) last = record.get("iteration").integer() + 1;
            }
            return last;
        }

        RunCurves build() {
            return new RunCurves(
                    spans(), curves("accuracy", "test_accuracy", "top1"), curves("loss", "test_loss", "loss"));
        }

        private List<Span> spans() {
            Map<String, Long> ends = new LinkedHashMap<>();
            ends.put("training", steps("train"));
            ends.put("base", steps("base"));
            ends.put("picking", base + times.pick());
            ends.put("growing", base + times.stabilizeStart());
            ends.put("stabilising", removal);
            ends.put("finetuning", removal + Math.max(steps("finetune"), steps("finetune L1")));
            List<Span> spans = new ArrayList<>();
            long from = 0;
            for (Map.Entry<String, Long> end : ends.entrySet()) {
                if (end.getValue() > from) spans.add(new Span(end.getKey(), from, end.getValue()));
                from = Math.max(from, end.getValue());
            }
            return spans;
        }

        /** {@code inReport}: the name of the test images' number in the scores of report.json. */
        private List<Curve> curves(String onTraining, String onTest, String inReport) {
            Curve train = new Curve(TRAIN);
            Curve test = new Curve(TEST);
            Curve without = new Curve(WITHOUT);
            Curve l1 = new Curve(L1);
            String onRemoved = onTest.replace("test", "removed");
            if (base == 0) test.add(0, reported(inReport, "base"));
            for (String phase : List.of("train", "base")) epochs(phase, 0, train, onTraining, test, onTest);
            train.gap(base + BETWEEN);
            for (Field record : metrics) {
                if (!record.get("phase").text().equals("test")) continue;
                double at = base + record.get("iteration").number() + MIDDLE;
                test.add(at, record.get(onTest).numberOrNaN());
                without.add(at, record.get(onRemoved).numberOrNaN());
            }
            if (onTraining.equals("loss")) growthLoss(train);
            test.add(removed, reported(inReport, "pruned", "after_removal"));
            if (!without.x().isEmpty()) without.add(removed, reported(inReport, "pruned", "after_removal"));
            l1.add(removed, reported(inReport, "one_shot_l1", "after_removal"));
            train.gap(removed + BETWEEN);
            epochs("finetune", removal, train, onTraining, test, onTest);
            epochs("finetune L1", removal, null, onTraining, l1, onTest);
            Curve best = new Curve(BEST);
            if (onTest.equals("test_accuracy")) best(test, steps("train") > 0 ? 0 : removed, best);
            List<Curve> all = new ArrayList<>(List.of(train, test, without, l1, best));
            all.removeIf(curve -> curve.x().isEmpty());
            return all;
        }

        /** The losses of the steps of the growth; the start of stabilising has a record of its own beside that of its step. */
        private void growthLoss(Curve train) {
            List<Field> steps = new ArrayList<>();
            for (Field record : metrics) {
                if (record.get("epoch").isThere() || !record.get("loss").isThere()) continue;
                long iteration = record.get("iteration").integer();
                if (steps.isEmpty()
                        || iteration
                                > steps.get(steps.size() - 1).get("iteration").integer()) steps.add(record);
            }
            int every = steps.size() / GrowthCurves.MOST_POINTS + 1;
            for (int i = 0; i < steps.size(); i++) {
                if (i % every != 0 && i != steps.size() - 1) continue;
                Field step = steps.get(i);
                train.add(
                        base + step.get("iteration").number() + MIDDLE,
                        step.get("loss").numberOrNaN());
            }
        }

        private void epochs(String phase, long offset, Curve train, String onTraining, Curve test, String onTest) {
            for (Field record : metrics) {
                if (!isEpoch(record, phase)) continue;
                double at = offset + record.get("iteration").number() + 1;
                if (train != null) train.add(at, record.get(onTraining).numberOrNaN());
                test.add(at, record.get(onTest).numberOrNaN());
            }
        }

        /** The best of the epochs after {@code from}. */
        private static void best(Curve test, double from, Curve best) {
            int found = -1;
            for (int i = 0; i < test.x().size(); i++) {
                if (test.x().get(i) > from
                        && (found < 0 || test.y().get(i) > test.y().get(found))) found = i;
            }
            if (found >= 0) best.add(test.x().get(found), test.y().get(found));
        }

        private double reported(String number, String... path) {
            if (report == null) return Double.NaN;
            Field at = report;
            for (String name : path) at = at.get(name);
            return at.get(number).numberOrNaN();
        }
    }
}
