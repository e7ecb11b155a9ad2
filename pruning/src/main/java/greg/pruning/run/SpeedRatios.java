package greg.pruning.run;

import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.inference.LayerTimes;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.ScoredSet;
import greg.pruning.ratios.Target;
import greg.pruning.report.Speed;
import greg.pruning.report.SpeedMeter;
import greg.pruning.select.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.IntFunction;

/**
 * Ratios for a wanted time of inference. Each set of layers that are pruned together may lose an eighth of its filters, two eighths and so
 * on; what that saves is known from {@link LayerTimes}, what it costs is -ln(share of the set's scores that is left), so that the last
 * filters of a layer are dear and all layers count alike. The step that saves most for its cost is taken first, until enough is
 * saved. The result is then measured as a whole, and the goal of the steps corrected by what the sum of the layers was off.
 */
public final class SpeedRatios {
    private static final int STEPS = 8;
    private static final int CORRECTIONS = 6;
    private static final Duration TIME = Duration.ofMillis(400);

    /** By how much the goal of the steps is lowered where that changes nothing else. */
    private static final double FINER = 0.99;

    /** No step is left that far down. */
    private static final double LEAST_AIM = 1e-3;

    /** How far below the wanted time the measured one may be before less is removed. */
    private static final double SLACK = 0.95;

    /**
     * What is wanted: one of the two.
     *
     * @param speedup measured time before / after; or 0
     * @param millis milliseconds for a batch; or 0
     * @param batch images per forward pass
     */
    public record Goal(double speedup, double millis, int batch) {}

    /**
     * The ratios found.
     *
     * @param ratios by the names of layers, as {@link PruningRatios#parse} takes them
     * @param speed measured, of the network before pruning and what these ratios leave of it
     */
    public record Choice(String ratios, Speed speed) {}

    /** Layers that lose the same units, and what removing the units with the smallest scores costs and saves. */
    private record Candidate(List<Integer> layers, int units, int[] removed, double[] cost, double[] saved) {}

    private final Pruning pruning;
    private final NnModule network;
    private final LayerTimes times;
    private final List<LayerTarget> targets;
    private final List<ScoredSet> sets;
    private final List<Candidate> candidates = new ArrayList<>();

    private SpeedRatios(Pruning pruning, NnModule network, LayerTimes times) {
        this.pruning = pruning;
        this.network = network;
        this.times = times;
        ChannelGraph graph = ChannelGraph.trace(network, pruning.spec().image());
        Target given = pruning.target();
        Target half = new Target(PruningRatios.parse("0.5"), given.skip(), null, given.coupled(), false);
        Granularity granularity = pruning.config().granularity();
        targets = half.resolve(graph, granularity).layers();
        double[] ratios = targets.stream().mapToDouble(LayerTarget::ratio).toArray();
        sets = ScoredSet.of(graph, ratios, ChannelSets.of(graph, granularity, given.coupled()));
    }

    /**
     * Chooses.
     *
     * @param pruning the network and how it is pruned; of its target only what is skipped, coupled and rounded counts
     * @param network with the base network's weights, on the backend that is timed
     * @param progress shows how many of so many steps are done
     * @throws UsageException if the goal cannot be reached, saying what can
     */
    public static Choice choose(
            Pruning pruning, NnModule network, Goal goal, LayerTimes times, IntFunction<Progress> progress) {
        SpeedRatios search = new SpeedRatios(pruning, network, times);
        List<ScoredSet> sets = search.sets;
        try (Progress shown = progress.apply(sets.size() + CORRECTIONS)) {
            long whole = search.time(Map.of());
            for (ScoredSet set : sets) {
                search.candidates.add(search.candidate(set, whole));
                times.save();
                shown.step(1);
            }
            return search.corrected(goal, whole, shown);
        }
    }

    private Candidate candidate(ScoredSet set, long whole) {
        float[] scores = set.scores().clone();
        int[] removed = removals(scores.length);
        Arrays.sort(scores);
        double all = 0;
        for (float score : scores) all += score;
        double[] cost = new double[removed.length];
        double[] saved = new double[removed.length];
        for (int step = 0; step < removed.length; step++) {
            double left = 0;
            for (int k = removed[step]; k < scores.length; k++) left += scores[k];
            cost[step] = all == 0 ? 1 : -Math.log(left / all);
            saved[step] = whole - time(ratios(set.layers(), removed[step], scores.length));
        }
        return new Candidate(set.layers(), scores.length, removed, cost, saved);
    }

    /** The numbers of units that may go, in order; something always stays. */
    private int[] removals(int units) {
        int multiple = pruning.target().roundTo();
        TreeSet<Integer> removals = new TreeSet<>();
        for (int step = 1; step < STEPS; step++) {
            int left = (int) Math.round(units * (1 - step / (double) STEPS) / multiple) * multiple;
            if (left >= 1 && left < units) removals.add(units - left);
        }
        if (multiple == 1 && units > STEPS) removals.add(units - Math.max(1, units / (2 * STEPS)));
        return removals.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Map<Integer, Double> ratios(List<Integer> layers, int removed, int units) {
        Map<Integer, Double> ratios = new LinkedHashMap<>();
        for (int layer : layers) ratios.put(layer, Selection.ratioOf(removed, units));
        return ratios;
    }

    /** The sum over the layers of what these ratios leave. */
    private long time(Map<Integer, Double> ratios) {
        NetworkSpec left = left(ratios);
        try (DryBackend dry = new DryBackend();
                NnModule cut = left.build(dry)) {
            return times.of(cut, left.image());
        }
    }

    private NetworkSpec left(Map<Integer, Double> ratios) {
        if (ratios.isEmpty()) return pruning.spec();
        List<LayerTarget> layers = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            LayerTarget target = targets.get(i);
            layers.add(new LayerTarget(target.layer(), ratios.getOrDefault(i, 0.0), target.coupling(), null));
        }
        return new Pruning(pruning.spec(), pruning.config(), pruning.target(), layers)
                .dryRun()
                .spec();
    }

    /** Steps to a goal for the sum of the layers, which is moved until the measured time is what is wanted. */
    private Choice corrected(Goal goal, long whole, Progress progress) {
        boolean relative = goal.speedup() > 0;
        double aim = relative
                ? 1 / goal.speedup()
                : goal.millis() / measured(Map.of(), goal).denseMillis();
        if (aim >= 1)
            throw new UsageException("nothing has to be removed: the network is as fast as is wanted already");
        Choice best = null;
        Speed fastest = null;
        Map<Integer, Double> last = Map.of();
        for (int i = 0; i < CORRECTIONS; i++) {
            Map<Integer, Double> ratios = steps(whole * (1 - aim));
            // a goal between two steps asks for the same ones again
            while (best == null && ratios.equals(last) && aim > LEAST_AIM) {
                aim *= FINER;
                ratios = steps(whole * (1 - aim));
            }
            if (ratios.isEmpty() || ratios.equals(last)) break;
            last = ratios;
            Speed speed = measured(ratios, goal);
            progress.step(1);
            if (fastest == null || speed.prunedMillis() < fastest.prunedMillis()) fastest = speed;
            double wanted = relative ? speed.denseMillis() / goal.speedup() : goal.millis();
            boolean reached = speed.prunedMillis() <= wanted;
            if (reached && (best == null || speed.prunedMillis() > best.speed().prunedMillis())) {
                best = new Choice(text(ratios), speed);
            }
            if (reached && speed.prunedMillis() >= SLACK * wanted) return best;
            aim *= wanted / speed.prunedMillis() * (reached ? 1 : FINER);
        }
        if (best != null) return best;
        throw new UsageException(String.format(
                Locale.ROOT,
                "%s was not reached by pruning: the fastest that was tried has %.2fx, %.3f ms for a batch of %d",
                relative
                        ? String.format(Locale.ROOT, "a speedup of %.2fx", goal.speedup())
                        : String.format(Locale.ROOT, "%.3f ms", goal.millis()),
                fastest.speedup(),
                fastest.prunedMillis(),
                goal.batch()));
    }

    private Speed measured(Map<Integer, Double> ratios, Goal goal) {
        NetworkSpec left = left(ratios);
        try (NnModule cut = left.fresh(network.backend(), null, 0)) {
            return SpeedMeter.measure(network, cut, left.image(), goal.batch(), List.of(), TIME)
                    .get(0);
        }
    }

    /** The cheapest steps, by what they save for their cost, that together save so much. */
    private Map<Integer, Double> steps(double enough) {
        int[] taken = new int[candidates.size()]; // 0: nothing; else the step before is taken
        double saved = 0;
        while (saved < enough) {
            int set = -1;
            int step = 0;
            double most = 0;
            for (int c = 0; c < taken.length; c++) {
                Candidate candidate = candidates.get(c);
                for (int s = taken[c] + 1; s <= candidate.removed.length; s++) {
                    double gain = saved(candidate, s) - saved(candidate, taken[c]);
                    double worth = gain / Math.max(1e-12, cost(candidate, s) - cost(candidate, taken[c]));
                    if (gain > 0 && worth > most) {
                        most = worth;
                        set = c;
                        step = s;
                    }
                }
            }
            if (set < 0) break;
            saved += saved(candidates.get(set), step) - saved(candidates.get(set), taken[set]);
            taken[set] = step;
        }
        Map<Integer, Double> ratios = new LinkedHashMap<>();
        for (int c = 0; c < taken.length; c++) {
            Candidate candidate = candidates.get(c);
            if (taken[c] > 0) ratios.putAll(ratios(candidate.layers, candidate.removed[taken[c] - 1], candidate.units));
        }
        return ratios;
    }

    private static double saved(Candidate candidate, int step) {
        return step == 0 ? 0 : candidate.saved[step - 1];
    }

    private static double cost(Candidate candidate, int step) {
        return step == 0 ? 0 : candidate.cost[step - 1];
    }

    private String text(Map<Integer, Double> ratios) {
        StringJoiner text = new StringJoiner(",");
        ratios.forEach((i, ratio) -> text.add(targets.get(i).layer().name() + ":" + ratio));
        return text.toString();
    }
}
