package greg.pruning.study;

import greg.datasets.random.SplitMix;
import greg.nn.NnModule;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.select.Selection;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.Removal;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.apache.commons.math3.util.Combinations;
import org.apache.commons.math3.util.CombinatoricsUtils;

/**
 * Oracle pruning: removes k groups of one layer in all possible ways, or in a sample of them, and measures each. It shows
 * how good the choice of a criterion is among all possible ones. For small networks and layers: 3 of 6 filters are 20
 * networks, 8 of 16 are 12,870.
 */
public final class Oracle {
    private final Supplier<NnModule> fresh;
    private final Shape image;
    private final ToDoubleFunction<NnModule> loss;
    private final Consumer<NnModule> finetune;

    /**
     * What to prune, and how to judge it.
     *
     * @param fresh makes the unpruned network with its weights; the study closes it
     * @param image (1, C, H, W), the shape of one image
     * @param loss smaller is better
     * @param finetune trains a pruned network for a while, or null: only the loss right after the removal counts
     */
    public Oracle(Supplier<NnModule> fresh, Shape image, ToDoubleFunction<NnModule> loss, Consumer<NnModule> finetune) {
        this.fresh = fresh;
        this.image = image;
        this.loss = loss;
        this.finetune = finetune;
    }

    /**
     * One way to prune.
     *
     * @param pruned numbers of the groups removed, ascending
     * @param loss right after the removal
     * @param tuned after finetuning; NaN if there was none
     */
    public record Outcome(List<Integer> pruned, double loss, double tuned) {}

    /**
     * All that was measured.
     *
     * @param layer its name
     * @param groups how many it has
     * @param combinations how many ways there are; infinite if they exceed the range of a double
     * @param outcomes those that were measured, in the order of their group numbers
     */
    public record Result(String layer, int groups, double combinations, List<Outcome> outcomes) {
        /** True if nothing was left out. */
        public boolean exhaustive() {
            return outcomes.size() == combinations;
        }

        /** The outcome of that choice. */
        public Outcome of(int... pruned) {
            List<Integer> choice = sorted(pruned);
            return outcomes.stream()
                    .filter(o -> o.pruned().equals(choice))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "oracle: the choice " + choice + " was not measured; name it as a candidate"));
        }

        /** The choice with the smallest loss right after the removal; of equal ones the first. */
        public Outcome best() {
            return best(Outcome::loss);
        }

        /** The same by the loss after finetuning. */
        public Outcome tunedBest() {
            return best(Outcome::tuned);
        }

        private Outcome best(ToDoubleFunction<Outcome> by) {
            return outcomes.stream().min(Comparator.comparingDouble(by)).orElseThrow();
        }

        /** 1 for the choice with the smallest loss right after the removal; equal losses share the better rank. */
        public int rank(int... pruned) {
            return rank(of(pruned));
        }

        /** The same of an outcome. */
        public int rank(Outcome outcome) {
            return rank(Outcome::loss, outcome);
        }

        /** The same by the loss after finetuning. */
        public int tunedRank(int... pruned) {
            return tunedRank(of(pruned));
        }

        /** The same of an outcome. */
        public int tunedRank(Outcome outcome) {
            return rank(Outcome::tuned, outcome);
        }

        private int rank(ToDoubleFunction<Outcome> by, Outcome outcome) {
            double threshold = by.applyAsDouble(outcome);
            return 1
                    + (int) outcomes.stream()
                            .filter(o -> by.applyAsDouble(o) < threshold)
                            .count();
        }

        /** Spearman's rank correlation of the losses before and after finetuning: does the first predict the second? */
        public double rankCorrelation() {
            double[] before = outcomes.stream().mapToDouble(Outcome::loss).toArray();
            double[] after = outcomes.stream().mapToDouble(Outcome::tuned).toArray();
            return new SpearmansCorrelation().correlation(before, after);
        }
    }

    /** As below, with filters. */
    public Result study(String layer, int k, int most, Collection<int[]> candidates, long seed) {
        return study(layer, Granularity.FILTER, k, most, candidates, seed);
    }

    /**
     * Measures.
     *
     * @param layer whose groups can be removed, or masked if they are single weights
     * @param granularity what a group is
     * @param k how many to remove
     * @param most measured combinations; if there are more, a random sample of that size is taken
     * @param candidates choices that must be among them, e.g. what L1 and GReg-2 picked
     * @param seed fixes the sample
     */
    public Result study(
            String layer, Granularity granularity, int k, int most, Collection<int[]> candidates, long seed) {
        int groups;
        try (NnModule network = fresh.get()) {
            groups = granularity
                    .index(ChannelGraph.trace(network, image).layer(layer))
                    .count();
        }
        if (k < 1 || k >= groups || most < 1) {
            throw new IllegalArgumentException("oracle: expected to remove 1 to " + (groups - 1) + " of the " + groups
                    + " " + granularity.channels() + " of " + layer + " and to measure at least one way, got " + k
                    + " and " + most);
        }
        double combinations = CombinatoricsUtils.binomialCoefficientDouble(groups, k);
        Map<List<Integer>, Outcome> outcomes = new LinkedHashMap<>();
        for (int[] candidate : candidates) {
            if (candidate.length != k) {
                throw new IllegalArgumentException(
                        "oracle: expected candidates of " + k + " groups, got " + Arrays.toString(candidate));
            }
            measure(layer, granularity, sorted(candidate), outcomes);
        }
        if (combinations <= most) {
            for (Iterator<int[]> all = new Combinations(groups, k).iterator(); all.hasNext(); ) {
                measure(layer, granularity, sorted(all.next()), outcomes);
            }
        } else {
            SplitMix random = SplitMix.of(seed, "oracle." + layer);
            while (outcomes.size() < most) {
                measure(layer, granularity, sorted(Arrays.copyOf(random.permutation(groups), k)), outcomes);
            }
        }
        List<Outcome> ordered = new ArrayList<>(outcomes.values());
        ordered.sort((a, b) -> compare(a.pruned(), b.pruned()));
        return new Result(layer, groups, combinations, List.copyOf(ordered));
    }

    private void measure(
            String layer, Granularity granularity, List<Integer> pruned, Map<List<Integer>, Outcome> outcomes) {
        if (outcomes.containsKey(pruned)) return;
        try (NnModule network = fresh.get()) {
            remove(ChannelGraph.trace(network, image), layer, granularity, pruned);
            double before = loss.applyAsDouble(network);
            double after = Double.NaN;
            if (finetune != null) {
                finetune.accept(network);
                after = loss.applyAsDouble(network);
            }
            outcomes.put(pruned, new Outcome(pruned, before, after));
        }
    }

    private static void remove(ChannelGraph graph, String layer, Granularity granularity, List<Integer> pruned) {
        Layer from = graph.layer(layer);
        int[] numbers = pruned.stream().mapToInt(Integer::intValue).toArray();
        if (granularity.structured()) {
            new Removal(graph).add(granularity, from, numbers).apply();
        } else {
            int weights = granularity.index(from).count();
            MaskPlan.of(Map.of(from.parameter(), Selection.of(weights, numbers)))
                    .apply(graph);
        }
    }

    private static List<Integer> sorted(int... numbers) {
        return Arrays.stream(numbers).sorted().boxed().toList();
    }

    private static int compare(List<Integer> a, List<Integer> b) {
        for (int i = 0; i < a.size(); i++) {
            if (!a.get(i).equals(b.get(i))) return Integer.compare(a.get(i), b.get(i));
        }
        return 0;
    }
}
