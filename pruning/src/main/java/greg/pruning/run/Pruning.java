package greg.pruning.run;

import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.SettingException;
import greg.nn.cost.CostModel;
import greg.nn.io.Checkpoint;
import greg.pruning.Pruner;
import greg.pruning.PruningReport;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthTimes;
import greg.pruning.growth.PruningMethod;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.ratios.Target;
import greg.pruning.report.LayerSize;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.SizeComparison;
import greg.pruning.select.ScoreKind;
import greg.pruning.surgery.MaskPlan;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.RemovalPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be removed from which network.
 *
 * @param spec the network
 * @param config the method and its settings
 * @param target how much to remove, and where
 * @param layers what each layer loses, once that is {@linkplain #settle settled}, or null
 */
public record Pruning(NetworkSpec spec, GregConfig config, Target target, List<LayerTarget> layers) {
    /**
     * What was removed.
     *
     * @param spec how to build the pruned network, masks included
     * @param growth at which iterations layers picked and finished; null for method L1, which decides without training
     * @param outcome how the growth ended
     * @param warnings what {@link #resolve} could not know, one line each
     */
    public record Cut(
            NetworkSpec spec, GrowthTimes growth, GrowingRegularization.Outcome outcome, List<String> warnings) {
        /** For plan.json. */
        public PlanFile describe(GregConfig by) {
            Map<String, Integer> masked = new LinkedHashMap<>();
            spec.plan().maskedWeights().forEach((name, count) -> masked.put(Parameter.layerName(name), count));
            SizeComparison sizes = new SizeComparison(
                    cost(spec.full()), cost(spec), spec.plan().maskedWeights());
            return new PlanFile(
                    spec.arch(),
                    by.method(),
                    by.granularity(),
                    spec.plan().keptFilters(),
                    masked,
                    LayerSize.of(sizes),
                    growth);
        }

        /** The size of the pruned network, counted without computing. */
        public NetworkSize size() {
            return NetworkSize.masked(cost(spec), spec.plan().maskedWeights());
        }
    }

    /** Parameters and multiply-accumulates of a network, counted without computing. */
    public static CostModel cost(NetworkSpec spec) {
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.build(dry)) {
            return CostModel.of(network, spec.channels(), spec.imageSize(), spec.imageSize());
        }
    }

    /**
     * What the ratios mean for the network, with warnings; IllegalArgumentException where they do not fit it, or the method:
     * all that can be checked without weights, so that a mistake does not show only after hours of training.
     */
    public Target.Resolved resolve() {
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.build(dry)) {
            ChannelGraph graph = ChannelGraph.trace(network, spec.image());
            Target.Resolved resolved = target.resolveWithoutWeights(graph, config.granularity());
            GrowingRegularization.checkPresets(config, resolved.layers());
            return resolved;
        }
    }

    /**
     * The same with the layers' ratios fixed by the weights of {@code network}, the base network, so that they stay when the
     * weights move.
     */
    public Pruning settle(NnModule network) {
        if (!target.global()) return this; // the ratios do not depend on the weights
        ChannelGraph graph = ChannelGraph.trace(network, spec.image());
        return new Pruning(
                spec,
                config,
                target,
                target.resolve(graph, config.granularity()).layers());
    }

    /** What would be left, by structure alone: for ratios whose number of groups does not depend on the weights. */
    public Cut dryRun() {
        Pruning oneShot = with(PruningMethod.L1);
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.build(dry)) {
            return oneShot.run(network);
        }
    }

    /**
     * What another run pruned.
     *
     * @param setting that names it, for messages
     * @param model its folder, or a file that it wrote
     */
    public static InheritedPruning inherit(String setting, Path model, InheritedPruning.Mode mode, Granularity wg) {
        Checkpoint checkpoint = NetworkSpec.read(setting, model);
        NetworkSpec other = NetworkSpec.stored(checkpoint);
        boolean masked = other.plan() instanceof MaskPlan;
        if (!other.isPruned() || masked == wg.structured()) {
            throw new SettingException(
                    setting,
                    "expected a network pruned by granularity = "
                            + (wg.structured() ? "filter or channel" : "weight") + ", " + checkpoint.file() + " is "
                            + (masked ? "masked by granularity = weight" : other.isPruned() ? "cut" : "not pruned"));
        }
        if (other.plan() instanceof MaskPlan masks) return InheritedPruning.of(mode, masks);
        RemovalPlan cut = (RemovalPlan) other.plan();
        try (DryBackend dry = new DryBackend();
                NnModule network = other.full().build(dry)) {
            return InheritedPruning.of(mode, cut.on(ChannelGraph.trace(network, other.image())), wg);
        }
    }

    /** The same ratios by another method, which chooses by L1. */
    public Pruning with(PruningMethod method) {
        GregConfig byL1 = config.toBuilder().method(method).score(ScoreKind.L1).build();
        return new Pruning(spec, byL1, target, layers);
    }

    /** The pruner of {@code network}, which was built by {@link #spec} and has its weights. */
    Pruner pruner(NnModule network) {
        Pruner pruner = Pruner.of(network, spec.image(), config);
        return layers != null ? pruner.target(layers) : pruner.target(target);
    }

    /** The result of a pruner that has run. */
    Cut cut(Pruner pruner, PruningPlan plan) {
        PruningReport report = pruner.report();
        List<String> warnings = new ArrayList<>(report.warnings());
        warnings.removeAll(resolve().warnings());
        return new Cut(spec.pruned(plan), report.times(), report.outcome(), warnings);
    }

    /** Removes what L1 chooses at once: the network is smaller afterwards (or, for single weights, masked). */
    public Cut run(NnModule network) {
        Pruner pruner = pruner(network);
        return cut(pruner, pruner.run());
    }
}
