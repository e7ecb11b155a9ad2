package greg.pruning;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.cost.CostModel;
import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.TrainData;
import greg.nn.train.TrainFile;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.TrainState;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Coupling;
import greg.pruning.graph.Group;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.GrowthTimes;
import greg.pruning.growth.LayerState;
import greg.pruning.growth.Milestones;
import greg.pruning.growth.PruningMethod;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.pruning.report.SizeComparison;
import greg.pruning.select.Selection;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The front door: prunes a network, any {@link NnModule}, by growing regularization.
 *
 * <pre>{@code
 * Pruner pruner = Pruner.of(net, Shape.of(1, 3, 32, 32), GregConfig.greg1().build()).ratios("0.5");
 * System.out.println(pruner.group("conv1", 3));               // what is removed with filter 3 of conv1
 * PruningPlan plan = pruner.run(TrainData.of(train, 128));    // grows the penalty, then removes
 * Trainer.sgd(net, 0.01f).run(TrainData.of(train, 128), 30);  // finetunes what is left
 * System.out.println(pruner.report());
 * Pruned.save(Path.of("small.safetensors"), net, plan);
 * }</pre>
 *
 * A pruner is for one network and one run; all settings are made before {@link #run}. Only a run that was stopped may be
 * started again. A network is pruned once: to prune it further, prune it again from the start with higher ratios.
 */
public final class Pruner {
    private static final String FILE = "growth.safetensors";
    private static final String SETTINGS = "settings";
    private static final String LAYERS = "layers";
    private static final String DATA = "data";
    private static final String START = "start";
    private static final int INTERVAL = 60;

    private final NnModule network;
    private final Shape image;
    private final GregConfig config;
    private final List<TrainHook> hooks = new ArrayList<>();
    private PruningRatios ratios;
    private SkipLayers skip = SkipLayers.NONE;
    private InheritedPruning inherited;
    private boolean coupled;
    private boolean global;
    private int roundTo = 1;
    private List<LayerTarget> layers;
    private boolean mayBeNothing;
    private Path folder;
    private BooleanSupplier stop;
    private Target.Resolved resolved;
    private long start;
    private GrowthSchedule.Saved savedSchedule;
    private TrainState savedTraining;
    private GrowingRegularization growth;
    private PruningReport report;

    private Pruner(NnModule network, Shape image, GregConfig config) {
        this.network = network;
        this.image = image;
        this.config = config;
    }

    /**
     * A pruner of {@code network}, which {@link #run} changes in place.
     *
     * @param image shape of one image, (1, C, H, W), with which the network is traced
     * @param config method and settings, e.g. {@code GregConfig.greg1().build()}
     */
    public static Pruner of(NnModule network, Shape image, GregConfig config) {
        if (image.rank() != 4 || image.dim(0) != 1) {
            throw new IllegalArgumentException("pruner: expected the shape of one image, (1, C, H, W), got " + image);
        }
        return new Pruner(network, image, config);
    }

    /**
     * How much to remove, in one of the four forms of {@link PruningRatios}: {@code 0.5} in every layer, {@code
     * layer2.*.conv1:0.5,fc:0} by names, {@code [0,0.5,0.5,0]} by stages, {@code [1-15:0.7]} by numbers of layers.
     */
    public Pruner ratios(String text) {
        ratios = PruningRatios.parse(text);
        return this;
    }

    /** How much of which layers to remove: names, in which {@code *} stands for anything, to ratios in [0, 1); 0 elsewhere. */
    public Pruner ratios(Map<String, Double> byName) {
        ratios = PruningRatios.of(byName);
        return this;
    }

    /** Layers that stay whole: names, in which {@code *} stands for anything. */
    public Pruner skip(String... names) {
        skip = SkipLayers.parse(String.join(",", names));
        return this;
    }

    /** Also removes channels that residual additions tie together, from all their layers at once; by default they stay. */
    public Pruner coupled() {
        coupled = true;
        return this;
    }

    /** The one ratio given is the share of all groups of the network: they are ranked across layers. */
    public Pruner global() {
        global = true;
        return this;
    }

    /** What is left of a layer that loses something is a multiple of {@code filters}, where it has that many: {@link Target#roundTo}. */
    public Pruner roundTo(int filters) {
        roundTo = filters;
        return this;
    }

    /** Takes the ratios, or the groups themselves, from another pruning; in place of {@link #ratios(String)}. */
    public Pruner inherit(InheritedPruning other) {
        inherited = other;
        return this;
    }

    /** The complete target; in place of the methods above. */
    public Pruner target(Target target) {
        ratios = target.ratios();
        skip = target.skip();
        inherited = target.inherited();
        coupled = target.coupled();
        global = target.global();
        roundTo = target.roundTo();
        mayBeNothing = true;
        return this;
    }

    /** What each layer loses, already resolved, as {@link #targets} of another pruner of an equal network returned it. */
    public Pruner target(List<LayerTarget> resolved) {
        layers = List.copyOf(resolved);
        mayBeNothing = true;
        return this;
    }

    /** Hooks on the training loop, for progress and records; those that are {@link GrowthListener}s also receive updates. */
    public Pruner hooks(TrainHook... more) {
        hooks.addAll(Arrays.asList(more));
        return this;
    }

    /**
     * Saves the state of the growth in a folder, when layers pick or finish and every {@value #INTERVAL} seconds. If there
     * is one already, {@link #run} resumes from it, and ends with the same bits as an uninterrupted run. The state of other
     * settings, of a network with other weights, or of another number of images is refused; that the images are the same
     * is up to the caller. The file stays when the run is complete, so that nothing is lost if the program dies before it
     * saves the network; the same run started again then only repeats what follows the last state.
     */
    public Pruner checkpoint(Path to) {
        folder = to;
        return this;
    }

    /**
     * Called after each step; when it returns true, the state is saved where {@link #checkpoint} says and {@link
     * greg.nn.train.StoppedException} thrown.
     */
    public Pruner stopWhen(BooleanSupplier requested) {
        stop = requested;
        return this;
    }

    /** Resumes from a snapshot that a hook has saved; the network already has its tensors. */
    public Pruner resume(GrowthSchedule.Saved schedule, TrainState training) {
        savedSchedule = schedule;
        savedTraining = training;
        return this;
    }

    /** Everything that is removed together with a filter of a layer; printed, it has a line for each part. */
    public Group group(String layer, int filter) {
        return ChannelGraph.trace(network, image).group(layer, filter);
    }

    /** All groups of channels of the network. */
    public List<Group> groups() {
        return ChannelGraph.trace(network, image).groups();
    }

    /**
     * What the settings mean, layer by layer, with warnings.
     *
     * @throws IllegalArgumentException if they do not fit the network; the message says why
     */
    public Target.Resolved targets() {
        return resolve(ChannelGraph.trace(network, image));
    }

    private Target.Resolved resolve(ChannelGraph graph) {
        if (layers != null) return new Target.Resolved(layers, List.of());
        if (ratios == null && inherited == null) {
            throw new IllegalArgumentException(
                    "pruner: expected ratios, got none; say how much to remove, as in ratios(\"0.5\")");
        }
        return new Target(ratios, skip, inherited, coupled, global, roundTo).resolve(graph, config.granularity());
    }

    /** The growth that {@link #run} has started, for hooks; null before. */
    public GrowingRegularization growth() {
        return growth;
    }

    /** Prunes at once, by method L1, which needs no training, and a score that needs no gradients. */
    public PruningPlan run() {
        return run(null);
    }

    /**
     * Trains with the growing penalty until the groups to be removed have faded, and removes them: the network is smaller
     * afterwards, or for single weights masked. Optimizers created for it before must not be used afterwards.
     *
     * @param data the training images; may be null for method L1 with a score that needs no gradients
     * @return what was removed; {@link Pruned} saves it with the network
     * @throws IllegalArgumentException if the settings do not fit the network or each other, or remove nothing
     * @throws IllegalStateException if this pruner has already pruned, or the network is masked
     */
    public PruningPlan run(TrainData data) {
        check(data);
        ChannelGraph graph = ChannelGraph.trace(network, image);
        if (resolved == null) begin(graph);
        List<LayerTarget> targets = resolved.layers();
        CostModel before = CostModel.of(network, image.dim(1), image.dim(2), image.dim(3));
        try (GrowingRegularization growing = new GrowingRegularization(config, network, graph, targets)) {
            growth = growing;
            boolean kept = folder != null && trains();
            if (kept && Files.exists(file())) read(notes(data));
            if (savedSchedule != null) growing.resume(savedSchedule, savedTraining);
            GrowingRegularization.Outcome outcome = growing.run(data, allHooks(kept ? notes(data) : null));
            GrowthTimes times = trains() ? GrowthTimes.of(growing) : null;
            PruningPlan plan = growing.plan();
            plan.apply(graph);
            CostModel after = CostModel.of(network, image.dim(1), image.dim(2), image.dim(3));
            SizeComparison sizes = new SizeComparison(before, after, plan.maskedWeights());
            report = new PruningReport(config.method(), outcome, times, sizes, warnings(growing));
            return plan;
        }
    }

    /** What was known from the start, and layers of which next to nothing is left because the scores decided so. */
    private List<String> warnings(GrowingRegularization growing) {
        List<String> warnings = new ArrayList<>(resolved.warnings());
        if (!config.granularity().structured()) return warnings;
        Map<String, Integer> thin = new LinkedHashMap<>();
        for (int i = 0; i < growing.layers().size(); i++) {
            LayerState state = growing.layers().get(i);
            boolean decidedByScores = layers != null || state.ratio() == Selection.AUTOMATIC;
            boolean cut = !resolved.layers().get(i).layer().linear() && !state.keepsAll();
            int groups = state.groups().count();
            if (decidedByScores && cut && state.selection().kept().length == 1) thin.put(state.name(), groups);
        }
        warnings.addAll(Target.oneLeft(config.granularity(), thin));
        return warnings;
    }

    /** As {@link GregConfig} prints it, for files of versions that knew no scores but L1. */
    private static String settings(String then) {
        return then.contains(" score=") ? then : then.replace(", pickPruned=", ", score=L1, pickPruned=");
    }

    private boolean trains() {
        return config.method() != PruningMethod.L1;
    }

    private void check(TrainData data) {
        if (report != null) {
            throw new IllegalStateException(
                    "pruner: run() has already pruned this network; make another pruner for another");
        }
        if (trains() && data == null) {
            throw new IllegalArgumentException("pruner: " + config.method()
                    + " trains while its penalty grows, so it needs data; call run(TrainData), or use GregConfig.l1()");
        }
        if (config.score().function().needsGradient() && data == null) {
            throw new IllegalArgumentException("pruner: the score " + config.score()
                    + " needs gradients, so it needs data; call run(TrainData), or choose by another score");
        }
        network.parameters().forEach((name, p) -> {
            if (p.mask() == null) return;
            throw new IllegalStateException(
                    "pruner: " + name + " is masked already; a network is pruned once, from its unpruned form");
        });
        if (hooks.stream().anyMatch(h -> h instanceof Checkpointer) && (folder != null || stop != null)) {
            throw new IllegalArgumentException(
                    "pruner: a Checkpointer among the hooks takes the place of checkpoint() and stopWhen(); use one or the other");
        }
    }

    /** What later lives of a run that is stopped must not decide again by weights that have changed. */
    private void begin(ChannelGraph graph) {
        Target.Resolved all = resolve(graph);
        boolean nothing = all.layers().stream().allMatch(t -> t.ratio() == 0 && t.preset() == null);
        if (nothing && !mayBeNothing) {
            throw new IllegalArgumentException("pruner: these ratios remove nothing"
                    + (all.warnings().isEmpty() ? "" : ": ") + String.join("; ", all.warnings()));
        }
        if (folder != null) start = StateDict.of(network).checksum();
        resolved = all;
    }

    private Path file() {
        return folder.resolve(FILE);
    }

    /** What must be equal for a run to be the same run. */
    private Map<String, String> notes(TrainData data) {
        String each = resolved.layers().stream().map(Pruner::note).collect(Collectors.joining(", "));
        String images = data.imagesPerEpoch() + " images in " + data.stepsPerEpoch() + " steps";
        return Map.of(SETTINGS, config.toString(), LAYERS, each, DATA, images, START, Long.toHexString(start));
    }

    private static String note(LayerTarget target) {
        Coupling coupling = target.coupling();
        String text = target.layer().name() + ":" + target.ratio();
        if (coupling.units() != null) text += " with " + coupling.set() + Arrays.hashCode(coupling.units());
        if (target.preset() != null)
            text += " preset " + Arrays.hashCode(target.preset().pruned());
        return text;
    }

    private void read(Map<String, String> notes) {
        TrainFile file = TrainFile.read(file());
        for (String part : List.of(SETTINGS, LAYERS, DATA)) {
            String then = file.notes().getOrDefault(part, "");
            if (part.equals(SETTINGS)) then = settings(then);
            if (then.equals(notes.get(part))) continue;
            throw other("with other settings (" + without(then, notes.get(part)) + ", expected "
                    + without(notes.get(part), then) + ")");
        }
        StateDict reached = file.state().network();
        boolean same = notes.get(START).equals(file.notes().get(START))
                || StateDict.of(network).checksum() == reached.checksum();
        if (!same) throw other("that began with other weights");
        start = Long.parseLong(file.notes().get(START), 16);
        file.state().restore(network);
        resume(GrowthSchedule.Saved.of(file.extra()), file.state());
    }

    private IllegalArgumentException other(String what) {
        return new IllegalArgumentException(
                "pruner: " + file() + " belongs to a run " + what + "; name another folder, or remove the file");
    }

    /** The parts of a list that another one does not have. */
    private static String without(String list, String other) {
        List<String> parts = new ArrayList<>(List.of(list.split(", ")));
        parts.removeAll(List.of(other.split(", ")));
        return String.join(", ", parts);
    }

    /** {@code notes} null: no state is saved. */
    private TrainHook[] allHooks(Map<String, String> notes) {
        List<TrainHook> all = new ArrayList<>(hooks);
        boolean guarded = hooks.stream().anyMatch(h -> h instanceof DivergenceGuard);
        DivergenceGuard guard = new DivergenceGuard();
        if (!guarded) all.add(guard);
        boolean checkpointed = hooks.stream().anyMatch(h -> h instanceof Checkpointer);
        if (!checkpointed) {
            BooleanSupplier stops = stop == null ? () -> false : stop;
            Consumer<TrainState> writer = notes == null ? null : state -> save(state, notes);
            Checkpointer checkpointer = new Checkpointer(INTERVAL, guard, stops, writer);
            all.add(0, new SavesMilestones(checkpointer, growth));
            all.add(checkpointer);
        }
        return all.toArray(TrainHook[]::new);
    }

    private void save(TrainState state, Map<String, String> notes) {
        new TrainFile(state, growth.save().toState(), notes).write(file());
    }

    /** Saves the state when a layer picks or finishes: after a resume that must not be decided differently. */
    private static final class SavesMilestones implements GrowthListener {
        private final Checkpointer checkpointer;
        private final GrowingRegularization growth;
        private final Milestones milestones = new Milestones();

        SavesMilestones(Checkpointer checkpointer, GrowingRegularization growth) {
            this.checkpointer = checkpointer;
            this.growth = growth;
        }

        @Override
        public void started(TrainLoop loop) {
            if (loop.iteration() > 0) milestones.passed(growth.layers());
        }

        @Override
        public void visited(GrowthEvent event) {
            if (milestones.reached(event)) checkpointer.request();
        }
    }

    /** What {@link #run} did; IllegalStateException before that. */
    public PruningReport report() {
        if (report == null) throw new IllegalStateException("pruner: there is no report yet; call run() first");
        return report;
    }
}
