package greg.pruning.growth;

import greg.kernels.spec.SgdSpec;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.optim.Penalty;
import greg.nn.optim.Sgd;
import greg.nn.train.InputSource;
import greg.nn.train.Metrics;
import greg.nn.train.TrainStep;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Layer;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.Removal;
import greg.pruning.surgery.RemovalPlan;
import greg.pruning.target.LayerTarget;
import greg.tensor.Scope;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Algorithm 1 of the paper: decide which groups go (from the initial weights, or after a uniform growth), let their penalty
 * grow until they have faded, stabilise, remove. One-shot L1 pruning is the same without the training.
 */
public final class GrowingRegularization implements AutoCloseable {
    private final GregConfig config;
    private final NnModule network;
    private final ChannelGraph graph;
    private final List<LayerTarget> targets;
    private final List<LayerState> layers = new ArrayList<>();
    private final Map<LayerState, Penalty> penalties = new HashMap<>();
    private final Sgd sgd;
    private GrowthSchedule schedule;
    private long iteration = -1;

    /**
     * A run at its start.
     *
     * @param graph of {@code network}
     * @param targets one for each of the graph's layers, in their order; of the same graph, or one of a network of the same
     *     structure
     * @throws IllegalArgumentException if a group is preset that the method would not keep to
     */
    public GrowingRegularization(GregConfig config, NnModule network, ChannelGraph graph, List<LayerTarget> targets) {
        checkPresets(config, targets);
        this.config = config;
        this.network = network;
        this.graph = graph;
        this.targets = List.copyOf(targets);
        this.sgd = new Sgd(
                network,
                new SgdSpec((float) config.momentum(), (float) config.weightDecay(), false, config.blockLossGrad()));
        sgd.learningRate((float) config.lrPrune());
        for (LayerTarget target : targets) {
            Layer layer = target.layer();
            LayerState state = new LayerState(
                    layer.name(), layer.index(), target.ratio(), config.wg().index(layer), target.coupling());
            sameRatio(state);
            if (target.preset() != null) state.pick(target.preset(), -1);
            layers.add(state);
            // a blocked loss leaves its gradient to biases and BN alone, so layers that stay whole need a penalty too,
            // of 0
            if (!state.keepsAll() || config.blockLossGrad())
                penalties.put(state, sgd.penalize(layer.parameter(), state.groups()));
        }
        if (!penalties.isEmpty()) sgd.measureGroups();
    }

    /** IllegalArgumentException for a method that would not keep to groups that are preset. */
    public static void checkPresets(GregConfig config, List<LayerTarget> targets) {
        boolean none = targets.stream().allMatch(t -> t.preset() == null);
        if (none || config.method().choosesFirst() && config.semantics() != Semantics.PAPER) return;
        throw new IllegalArgumentException("--inherit-pruned index: "
                + (config.method().choosesFirst()
                        ? "--semantics paper chooses again at the end"
                        : config.method().cliName() + " picks its groups itself")
                + "; inherit only the ratios with --inherit-pruned pr");
    }

    private void sameRatio(LayerState state) {
        for (LayerState other : layers) {
            if (other.coupling().set().equals(state.coupling().set()) && other.ratio() != state.ratio()) {
                throw new IllegalArgumentException("pruning: " + other.name() + " and " + state.name()
                        + " lose the same channels, so they need one ratio, got " + other.ratio() + " and "
                        + state.ratio());
            }
        }
    }

    /**
     * What a checkpoint must hold beside the network's tensors.
     *
     * @param iteration the last one that was trained
     * @param schedule phase, choices, lambda, histories
     * @param optimizer its running averages, the penalties and the L1 norms on which the next update will decide
     */
    public record Saved(long iteration, GrowthSchedule.Saved schedule, StateDict optimizer) {}

    /** All that changes from step to step; for {@link GrowthListener#stepped} (waits for the device). */
    public Saved save() {
        return new Saved(iteration, schedule.save(), sgd.save());
    }

    /**
     * Goes on from {@code saved}, before {@link #run}, whose feed must then begin at iteration {@code saved.iteration() +
     * 1}; the network has its saved tensors already.
     */
    public void resume(Saved saved) {
        schedule = GrowthSchedule.resume(config, layers, saved.schedule());
        iteration = saved.iteration();
        sgd.load(saved.optimizer());
    }

    /** Trains with the growing penalty until the groups to be removed are chosen and have faded; L1 only chooses. */
    public void run(InputSource feed, GrowthListener listener) {
        if (config.method() == PruningMethod.L1) {
            OneShot.choose(config, layers, this::scores);
            return;
        }
        if (schedule == null) schedule = GrowthSchedule.start(config, layers, this::scores);
        listener.started(this);
        network.train(true);
        try (Metrics metrics = new Metrics(network.backend())) {
            TrainStep step = new TrainStep(network, sgd, metrics);
            while (!schedule.pruneDue(iteration)) {
                iteration++;
                if (schedule.updateDue(iteration)) {
                    for (LayerState layer : schedule.update(iteration, this::scores, listener::visited)) {
                        penalties.get(layer).lambda().set(layer.lambda());
                    }
                }
                try (Scope scope = Scope.open()) {
                    InputSource.Input input = feed.next();
                    Tensor loss = step.run(input.images(), input.labels());
                    listener.stepped(iteration, schedule.phase(), loss);
                }
                if (!schedule.pruneDue(iteration) && listener.stop(iteration)) {
                    int chosen = (int) layers.stream()
                            .filter(l -> l.picked() && !l.keepsAll())
                            .count();
                    listener.cutShort(chosen, schedule.cutShort(iteration, this::scores));
                    return;
                }
            }
        }
        schedule.complete(iteration, this::scores);
    }

    /** Mean |w| of each group; among groups that go together, the sum of their means. */
    private GroupScores scores(LayerState layer) {
        return () -> {
            int[] units = layer.coupling().units();
            if (units == null) return means(layer);
            float[] sums = new float[layer.coupling().count(units.length)];
            for (LayerState member : layers) {
                if (!member.coupling().set().equals(layer.coupling().set())) continue;
                float[] means = means(member);
                for (int g = 0; g < means.length; g++) sums[member.coupling().units()[g]] += means[g];
            }
            float[] scores = new float[units.length];
            for (int g = 0; g < units.length; g++) scores[g] = sums[units[g]];
            return scores;
        };
    }

    /** The sums are what the last optimiser step left behind. */
    private float[] means(LayerState layer) {
        Penalty penalty = penalties.get(layer);
        long size = targets.get(layers.indexOf(layer)).layer().shape().size();
        return L1Scores.fromSums(penalty.l1().toHost(), layer.groups().groupSize(size));
    }

    /** All layers with what was decided about them. */
    public List<LayerState> layers() {
        return layers;
    }

    /** The last iteration that was trained, from 0; -1 if none was. */
    public long iteration() {
        return iteration;
    }

    /** Iteration of the update that ended the growth, after which lambda stays; -1 if none did. */
    public long stabilizeStart() {
        return schedule == null ? -1 : schedule.stabilizeStart();
    }

    /**
     * What the decisions mean for the network. Linear layers are penalised where they have a ratio but lose no rows or
     * columns of their own, as in the reference implementation.
     *
     * @throws IllegalStateException for single weights, which are masked, not cut
     */
    public Removal removal() {
        if (!config.wg().structured()) throw new IllegalStateException("removal: single weights are masked, not cut");
        Removal removal = new Removal(graph);
        for (int i = 0; i < layers.size(); i++) {
            LayerState state = layers.get(i);
            Layer layer = targets.get(i).layer();
            if (layer.linear() || state.keepsAll()) continue;
            removal.groups(config.wg(), layer, state.selection().pruned());
        }
        return removal;
    }

    /** The decisions as a plan, which is {@linkplain PruningPlan#apply(ChannelGraph) applied} to the graph to prune. */
    public PruningPlan plan() {
        if (config.wg().structured()) return RemovalPlan.of(removal());
        Map<String, Selection> selections = new LinkedHashMap<>();
        for (int i = 0; i < layers.size(); i++) {
            selections.put(targets.get(i).layer().parameter(), layers.get(i).selection());
        }
        return MaskPlan.of(selections);
    }

    @Override
    public void close() {
        sgd.close();
    }
}
