package greg.pruning.growth;

import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import greg.nn.NnModule;
import greg.nn.SettingException;
import greg.nn.optim.Penalties;
import greg.nn.optim.Sgd;
import greg.nn.train.Position;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.TrainState;
import greg.nn.train.Trainer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Layer;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.report.Written;
import greg.pruning.select.PickPruned;
import greg.pruning.select.Selection;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.Removal;
import greg.pruning.surgery.RemovalPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Algorithm 1 of the paper: decide which groups to remove (from the initial weights, or after a uniform growth), let their
 * penalty grow until they have faded, stabilise, remove. One-shot L1 pruning is the same without the training.
 */
public final class GrowingRegularization implements AutoCloseable {
    private final GregConfig config;
    private final NnModule network;
    private final ChannelGraph graph;
    private final List<LayerTarget> targets;
    private final List<LayerState> layers = new ArrayList<>();
    /** The weights of layers with a penalty. */
    private final Map<LayerState, String> penalised = new HashMap<>();

    private final Sgd sgd;
    private Penalties penalties;
    private GrowthSchedule schedule;
    private Position from = Position.START;
    private long iteration = -1;
    /** What it trains on, once it runs; null if it does not train. */
    private TrainData data;

    /**
     * A run at its start.
     *
     * @param graph of {@code network}
     * @param targets one for each of the graph's layers, in their order; of the same graph, or one of a network of the same
     *     structure
     * @throws IllegalArgumentException if groups are preset but the method makes its own choice
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
        try {
            penalize();
        } catch (RuntimeException e) {
            sgd.close();
            throw e;
        }
    }

    private void penalize() {
        sgd.learningRate((float) config.lrPrune());
        Map<String, GroupIndex> groups = new LinkedHashMap<>();
        for (LayerTarget target : targets) {
            Layer layer = target.layer();
            LayerState state = new LayerState(
                    layer.name(),
                    layer.index(),
                    target.ratio(),
                    config.granularity().index(layer),
                    target.coupling());
            sameRatio(state);
            if (target.preset() != null) state.pick(target.preset(), -1);
            layers.add(state);
            // with blockLossGrad only biases and BN get the gradient of the loss, so layers that stay whole need a
            // penalty of 0 too
            if (state.keepsAll() && !config.blockLossGrad()) continue;
            penalised.put(state, layer.parameter());
            groups.put(layer.parameter(), state.groups());
        }
        if (groups.isEmpty()) return;
        penalties = sgd.penalize(groups);
        sgd.measureGroups();
    }

    /** IllegalArgumentException if groups are preset but the method makes its own choice. */
    public static void checkPresets(GregConfig config, List<LayerTarget> targets) {
        boolean none = targets.stream().allMatch(t -> t.preset() == null);
        if (none || config.method().choosesFirst() && config.semantics() != Semantics.PAPER) return;
        throw SettingException.of(
                "inheritPruned",
                "index",
                (config.method().choosesFirst()
                                ? "semantics = paper chooses again at the end"
                                : Written.name(config.method()) + " picks its groups itself")
                        + "; inherit only the ratios with inheritPruned = pr");
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
     * A snapshot of the state that this adds to the training, to be taken between two steps: phase, choices, lambda, moving
     * averages.
     */
    public GrowthSchedule.Saved save() {
        return schedule.save();
    }

    /**
     * Restores a snapshot, before {@link #run}.
     *
     * @param saved what {@link #save} returned
     * @param training taken at the same time; the network already has its tensors
     */
    public void resume(GrowthSchedule.Saved saved, TrainState training) {
        schedule = GrowthSchedule.resume(config, layers, saved);
        from = training.position();
        iteration = from.iteration() - 1;
        training.restore(sgd);
    }

    /**
     * How a growth ended.
     *
     * @param cutShort whether a hook ended it before the schedule did
     * @param chosen layers whose groups to remove were known by then, and do not change; 0 if it was not cut short
     * @param now layers whose groups were chosen at the end because it was cut short
     */
    public record Outcome(boolean cutShort, int chosen, int now) {}

    /**
     * Trains with the growing penalty until the groups to be removed are chosen and have faded; L1 only chooses.
     *
     * @param data may be null for L1 with a score that needs no gradients
     * @param hooks on the training loop; those that are {@link GrowthListener}s also receive the updates
     */
    public Outcome run(TrainData data, TrainHook... hooks) {
        this.data = data;
        if (config.method() == PruningMethod.L1) {
            OneShot.choose(config, layers, now());
            return new Outcome(false, 0, 0);
        }
        if (schedule == null) schedule = GrowthSchedule.start(config, layers, now());
        Consumer<GrowthEvent> listeners = event -> {
            for (TrainHook hook : hooks) if (hook instanceof GrowthListener listener) listener.visited(event);
        };
        if (!schedule.pruneDue(iteration)) {
            new Trainer(network, sgd).hooks(new Growth(listeners)).hooks(hooks).run(data, from, Long.MAX_VALUE);
        }
        if (schedule.pruneDue(iteration)) {
            schedule.complete(iteration, now());
            tellChosen(hooks);
            return new Outcome(false, 0, 0);
        }
        int chosen =
                (int) layers.stream().filter(l -> l.picked() && !l.keepsAll()).count();
        Outcome cutShort = new Outcome(true, chosen, schedule.cutShort(iteration, now()));
        tellChosen(hooks);
        return cutShort;
    }

    private static void tellChosen(TrainHook... hooks) {
        for (TrainHook hook : hooks) if (hook instanceof GrowthListener listener) listener.chosen();
    }

    /** The growing penalty on the training loop: raises lambda before a step, ends the loop when the removal is due. */
    private final class Growth implements TrainHook {
        private final Consumer<GrowthEvent> listeners;

        Growth(Consumer<GrowthEvent> listeners) {
            this.listeners = listeners;
        }

        @Override
        public void beforeStep(TrainLoop loop) {
            iteration = loop.iteration();
            if (!schedule.updateDue(iteration)) return;
            Map<String, float[]> changed = new HashMap<>();
            for (LayerState layer : schedule.update(iteration, now(), listeners)) {
                changed.put(penalised.get(layer), layer.lambda());
            }
            if (!changed.isEmpty()) penalties.lambda(changed);
        }

        @Override
        public boolean stop(TrainLoop loop) {
            return schedule.pruneDue(iteration);
        }
    }

    /** The scores of all layers after the last step. */
    private NetworkScores now() {
        return new NetworkScores(config.score(), network, data, layers, penalised, penalties);
    }

    /** The state of the layers that lose groups, between two steps. */
    public List<GrowthEvent> observe() {
        return schedule.observe(iteration, now());
    }

    /** Their scores, of the weights after the last step; none where the groups are single weights. */
    public Map<LayerState, float[]> scores() {
        Map<LayerState, float[]> all = new LinkedHashMap<>();
        if (!config.tracksRatios()) return all;
        NetworkScores now = now();
        for (LayerState layer : layers) {
            if (!layer.keepsAll()) all.put(layer, now.apply(layer).scores());
        }
        return all;
    }

    /** All layers with their state. */
    public List<LayerState> layers() {
        return layers;
    }

    /** The last iteration that was trained, from 0; -1 if none was. */
    public long iteration() {
        return iteration;
    }

    /** What the run is doing. */
    public GrowthSchedule.Phase phase() {
        return schedule == null ? GrowthSchedule.Phase.UPDATE_REG : schedule.phase();
    }

    /** Whether the schedule removes the groups after the step of {@code iteration}. */
    public boolean removalDue(long iteration) {
        return schedule != null && schedule.pruneDue(iteration);
    }

    /** Iteration of the update that ended the growth, after which lambda is constant; -1 if none did. */
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
        return removal(LayerState::selection);
    }

    private Removal removal(Function<LayerState, Selection> selection) {
        if (!config.granularity().structured())
            throw new IllegalStateException("removal: single weights are masked, not cut");
        Removal removal = new Removal(graph);
        for (int i = 0; i < layers.size(); i++) {
            LayerState state = layers.get(i);
            Layer layer = targets.get(i).layer();
            if (losesNothing(state)) continue;
            removal.add(config.granularity(), layer, selection.apply(state).pruned());
        }
        return removal;
    }

    private boolean losesNothing(LayerState state) {
        Layer layer = targets.get(layers.indexOf(state)).layer();
        return state.keepsAll() || layer.linear() && config.granularity().structured();
    }

    /** The decisions as a plan, which is {@linkplain PruningPlan#apply(ChannelGraph) applied} to the graph to prune. */
    public PruningPlan plan() {
        return plan(LayerState::selection);
    }

    /**
     * The plan if the removal were now, between two steps: layers that have not picked lose the groups with the smallest
     * scores at this point. Nothing is decided by that.
     */
    public PruningPlan planNow() {
        return plan(selectionNow());
    }

    private Function<LayerState, Selection> selectionNow() {
        NetworkScores now = now();
        boolean decided = phase() == GrowthSchedule.Phase.DONE;
        boolean choosesAgain = config.semantics() == Semantics.PAPER;
        return layer -> {
            boolean settled = decided || layer.keepsAll() || layer.picked() && !choosesAgain;
            return settled ? layer.selection() : layer.choose(now.apply(layer).choice(), PickPruned.MIN, 0);
        };
    }

    /**
     * What each layer with {@link #scores} would lose if the removal were now, or, once that is decided, what it loses: linear
     * layers lose no groups of their own.
     */
    public Map<LayerState, Selection> selectionsNow() {
        Function<LayerState, Selection> selection = selectionNow();
        Map<LayerState, Selection> all = new LinkedHashMap<>();
        for (LayerState layer : layers) {
            if (layer.keepsAll()) continue;
            all.put(
                    layer,
                    losesNothing(layer) ? Selection.keepAll(layer.groups().count()) : selection.apply(layer));
        }
        return all;
    }

    private PruningPlan plan(Function<LayerState, Selection> selection) {
        if (config.granularity().structured()) return RemovalPlan.of(removal(selection));
        Map<String, Selection> selections = new LinkedHashMap<>();
        for (int i = 0; i < layers.size(); i++) {
            selections.put(targets.get(i).layer().parameter(), selection.apply(layers.get(i)));
        }
        return MaskPlan.of(selections);
    }

    @Override
    public void close() {
        sgd.close();
    }
}
