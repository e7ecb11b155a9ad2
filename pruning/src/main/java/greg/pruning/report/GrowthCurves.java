package greg.pruning.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a run's metrics say about the growth of its penalty.
 *
 * @param x the recorded iterations, from 0 at the start of the growth
 * @param layers by name, with one value per iteration, null where a layer has none
 * @param moments the scores of the groups
 * @param times when the growth made its decisions
 */
record GrowthCurves(List<Long> x, Map<String, Layer> layers, List<Moment> moments, Times times) {
    /** More points than that are no longer told apart on a screen. */
    static final int MOST_POINTS = 800;

    /**
     * The iterations at which it is decided what comes next.
     *
     * @param pick GReg-2's first pick, or 0
     * @param stabilizeStart the last update, or the last record so far
     * @param end the first iteration that is no part of the growth
     */
    record Times(long pick, long stabilizeStart, long end) {
        static Times of(List<Field> metrics) {
            long pick = -1;
            long start = -1;
            long end = 0;
            boolean picks = false;
            for (Field record : metrics) {
                if (record.get("epoch").isThere()) continue;
                long iteration = record.get("iteration").integer();
                end = Math.max(end, iteration + 1);
                if (start < 0 && record.get("phase").text().equals("stabilise")) start = iteration;
                for (Field layer : layersOf(record).values()) {
                    boolean picked = layer.get("picked").truth();
                    if (!picked) picks = true;
                    else if (pick < 0) pick = iteration;
                }
            }
            if (start < 0) start = end;
            return new Times(!picks ? 0 : pick < 0 ? end : pick, start, end);
        }
    }

    /**
     * A layer that loses groups.
     *
     * @param lambda the largest of its groups
     * @param lambdaMin the smallest of its groups
     * @param kept mean score of the groups that stay
     * @param pruned mean score of those that go
     * @param ratio kept / pruned
     * @param spread standard deviation / mean of the scores
     */
    record Layer(
            List<Double> lambda,
            List<Double> lambdaMin,
            List<Double> kept,
            List<Double> pruned,
            List<Double> ratio,
            List<Double> spread) {
        Layer() {
            this(
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>());
        }

        /** {@code at} null: nothing is recorded of this layer. */
        void add(Field at) {
            add(lambda, at, a -> a.get("lambda").numberOrNaN());
            add(lambdaMin, at, a -> a.get("lambda_min").numberOrNaN());
            add(kept, at, a -> a.get("kept_magnitude").numberOrNaN());
            add(pruned, at, a -> a.get("pruned_magnitude").numberOrNaN());
            add(ratio, at, a -> a.get("magnitude_ratio").numberOrNaN());
            add(
                    spread,
                    at,
                    a -> a.get("score_std").numberOrNaN() / a.get("score_mean").numberOrNaN());
        }

        private static void add(List<Double> values, Field at, ToDoubleFunction<Field> value) {
            values.add(at == null ? null : Rounded.of(value.applyAsDouble(at)));
        }
    }

    /**
     * The groups at one iteration.
     *
     * @param lambda the largest of the network
     */
    record Moment(long iteration, Double lambda, Map<String, Groups> layers) {}

    /** The scores of a layer's groups, and which of them go, or would at that moment. */
    record Groups(List<Double> scores, List<Integer> pruned) {}

    /** From the records of a run; no layers if there was no growth. */
    static GrowthCurves of(List<Field> metrics) {
        List<Field> rows = new ArrayList<>();
        List<Moment> moments = new ArrayList<>();
        for (Field record : metrics) {
            if (record.get("phase").text().equals("scores")) moments.add(moment(record));
            else if (!layersOf(record).isEmpty()) rows.add(record);
        }
        Map<String, Layer> layers = new LinkedHashMap<>();
        for (Field row : rows) for (String name : layersOf(row).keySet()) layers.putIfAbsent(name, new Layer());
        List<Long> x = new ArrayList<>();
        String state = "";
        int every = rows.size() / MOST_POINTS + 1;
        for (int i = 0; i < rows.size(); i++) {
            Map<String, Field> at = layersOf(rows.get(i));
            String now = decisions(at);
            boolean shown = i % every == 0 || i == rows.size() - 1 || !now.equals(state);
            state = now;
            long iteration = rows.get(i).get("iteration").integer();
            if (!shown || !x.isEmpty() && iteration <= x.get(x.size() - 1)) continue;
            x.add(iteration);
            layers.forEach((name, layer) -> layer.add(at.get(name)));
        }
        return new GrowthCurves(x, layers, moments, Times.of(metrics));
    }

    private static String decisions(Map<String, Field> layers) {
        StringBuilder text = new StringBuilder();
        layers.values().forEach(layer -> text.append(layer.get("picked").truth())
                .append(layer.get("finished").truth()));
        return text.toString();
    }

    private static Moment moment(Field record) {
        Map<String, Groups> layers = new LinkedHashMap<>();
        record.get("layers").members().forEach((name, layer) -> {
            List<Double> scores = new ArrayList<>();
            for (Field score : layer.get("scores").elements()) scores.add(Rounded.of(score.numberOrNaN()));
            List<Integer> pruned = new ArrayList<>();
            for (Field group : layer.get("pruned").elements()) pruned.add(group.smallInteger());
            layers.put(name, new Groups(scores, pruned));
        });
        return new Moment(
                record.get("iteration").integer(),
                Rounded.of(record.get("lambda").numberOrNaN()),
                layers);
    }

    /** The layers of a record of the growth; empty for others, and for the scores of groups. */
    private static Map<String, Field> layersOf(Field record) {
        boolean has =
                record.get("layers").isThere() && !record.get("phase").text().equals("scores");
        return has ? record.get("layers").members() : Map.of();
    }
}
