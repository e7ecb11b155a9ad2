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
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.GraphLayer;
import greg.pruning.graph.PrunableLayer;
import greg.pruning.select.L1Scores;
import greg.pruning.surgery.Removal;
import greg.pruning.target.InheritedPruning;
import greg.pruning.target.PruningRatios;
import greg.pruning.target.SkipLayers;
import greg.tensor.Scope;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
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
    private final List<PrunableLayer> described;
    private final List<LayerState> layers = new ArrayList<>();
    private final Map<LayerState, Penalty> penalties = new HashMap<>();
    private final Sgd sgd;
    private GrowthSchedule schedule;
    private long iteration = -1;

    /**
     * A run at its start.
     *
     * @param described every convolution and linear layer of the graph, in module order
     * @param ratios the share of groups to remove, one for each of {@code described}
     */
    public GrowingRegularization(
            GregConfig config, NnModule network, ChannelGraph graph, List<PrunableLayer> described, double[] ratios) {
        this(config, network, graph, described, ratios, ChannelSets.of(graph, config.granularity(), false));
    }

    /**
     * As above, with the sets of layers that lose the same channels.
     *
     * @param ratios one for each of {@code described}, equal within a set: from {@link PruningRatios#resolve(List,
     *     ChannelSets, SkipLayers)}
     */
    public GrowingRegularization(
            GregConfig config,
            NnModule network,
            ChannelGraph graph,
            List<PrunableLayer> described,
            double[] ratios,
            ChannelSets sets) {
        this.config = config;
        this.network = network;
        this.graph = graph;
        this.described = described;
        this.sgd = new Sgd(
                network,
                new SgdSpec((float) config.momentum(), (float) config.weightDecay(), false, config.blockLossGrad()));
        sgd.learningRate((float) config.lrPrune());
        for (int i = 0; i < described.size(); i++) {
            GraphLayer layer = graph.layer(described.get(i).name());
            LayerState state = new LayerState(
                    layer.name(),
                    described.get(i).index(),
                    ratios[i],
                    config.granularity().index(layer.out(), layer.in(), layer.positions()),
                    sets.coupling(layer.name()));
            sameRatio(state);
            layers.add(state);
            // a blocked loss leaves its gradient to biases and BN alone, so layers that stay whole need a penalty too,
            // of 0
            if (!state.keepsAll() || config.blockLossGrad())
                penalties.put(state, sgd.penalize(layer.name() + ".weight", state.groups()));
        }
        if (!penalties.isEmpty()) sgd.measureGroups();
    }

    /** Fixes which groups go before anything is chosen; for methods that choose from the initial weights. */
    public void inherit(InheritedPruning inherited) {
        inherited.check(config);
        inherited.choose(layers);
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
        long size = graph.layer(layer.name()).weight().tensor().shape().size();
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
        if (!config.granularity().structured())
            throw new IllegalStateException("removal: single weights are masked, not cut");
        Removal removal = new Removal(graph);
        for (int i = 0; i < layers.size(); i++) {
            LayerState layer = layers.get(i);
            if (described.get(i).linear() || layer.keepsAll()) continue;
            int[] pruned = layer.selection().pruned();
            if (config.granularity() == Granularity.CHANNEL) removal.inputs(layer.name(), pruned);
            else removal.filters(layer.name(), pruned);
        }
        return removal;
    }

    @Override
    public void close() {
        sgd.close();
    }
}
