package greg.pruning.run;

import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.SettingException;
import greg.nn.cost.CostModel;
import greg.nn.io.Checkpoint;
import greg.nn.model.Networks;
import greg.nn.train.EndlessFeed;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.PrunableLayer;
import greg.pruning.graph.Topology;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.NetworkSize;
import greg.pruning.surgery.Masks;
import greg.pruning.surgery.Removal;
import greg.pruning.surgery.RemovalPlan;
import greg.pruning.target.GlobalRatios;
import greg.pruning.target.InheritedPruning;
import greg.pruning.target.PruningRatios;
import java.nio.file.Path;
import java.util.List;

/**
 * What is to be removed from which network.
 *
 * @param spec the network
 * @param config the method and its settings
 * @param target how much goes, and where
 * @param shares the ratio of each layer once it is {@linkplain #settle settled}, or null
 */
public record Pruning(NetworkSpec spec, GregConfig config, Target target, double[] shares) {
    /**
     * What was removed.
     *
     * @param spec how to build what is left, masks included
     * @param growth when what was decided; null for method L1, which decides without training
     */
    public record Cut(NetworkSpec spec, GrowthTimes growth) {
        /** For plan.json. */
        public PlanFile describe(GregConfig by) {
            return new PlanFile(
                    spec.arch(),
                    by.method(),
                    by.granularity(),
                    spec.plan().kept(),
                    spec.masks().counts(),
                    growth);
        }

        /** How big it is, counted without computing. */
        public NetworkSize size() {
            return NetworkSize.masked(cost(spec), spec.masks().counts());
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
     * all that can be told without weights, so that nobody learns of it after hours of training.
     */
    public PruningRatios.Resolved resolve() {
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.build(dry)) {
            ChannelGraph graph = ChannelGraph.trace(network, spec.image());
            PruningRatios.Resolved resolved = target.resolve(Topology.describe(graph), sets(graph));
            if (target.global()) GlobalRatios.check(resolved.ratios());
            if (target.inherited() != null) target.inherited().check(config);
            return resolved;
        }
    }

    private ChannelSets sets(ChannelGraph graph) {
        return ChannelSets.of(graph, config.granularity(), target.coupled());
    }

    /**
     * The same with the layers' ratios as the weights of {@code network} decide them, so that they stay when the weights
     * move; the base network's are meant.
     */
    public Pruning settle(NnModule network) {
        if (!target.global()) return this; // the weights have no say
        ChannelGraph graph = ChannelGraph.trace(network, spec.image());
        return new Pruning(spec, config, target, target.shares(graph, Topology.describe(graph), sets(graph)));
    }

    /** What would be left, by structure alone: how many filters go does not depend on the weights. */
    public Cut dryRun() {
        Pruning oneShot = with(PruningMethod.L1);
        try (DryBackend dry = new DryBackend();
                NnModule network = spec.build(dry)) {
            return oneShot.run(network, null, new GrowthListener() {});
        }
    }

    /**
     * What another run of ours pruned.
     *
     * @param model its folder, or a file that it wrote
     */
    public static InheritedPruning inherit(Path model, InheritedPruning.Mode mode, Granularity wg) {
        Checkpoint checkpoint = NetworkSpec.read("basePrModel", model);
        NetworkSpec other = NetworkSpec.stored(checkpoint);
        boolean masked = !other.masks().isEmpty();
        if (!other.isPruned() || masked == wg.structured()) {
            throw new SettingException(
                    "basePrModel",
                    "expected a network pruned by granularity = "
                            + (wg.structured() ? "filter or channel" : "weight") + ", " + checkpoint.file() + " is "
                            + (masked ? "masked by granularity = weight" : other.isPruned() ? "cut" : "not pruned"));
        }
        if (masked) return InheritedPruning.of(mode, other.masks());
        try (DryBackend dry = new DryBackend();
                NnModule network = other.full().build(dry)) {
            ChannelGraph graph = ChannelGraph.trace(network, other.image());
            return InheritedPruning.of(mode, graph, other.plan().on(graph), wg);
        }
    }

    /** The same ratios by another method. */
    public Pruning with(PruningMethod method) {
        return new Pruning(spec, config.toBuilder().method(method).build(), target, shares);
    }

    /**
     * Chooses, grows, stabilises, removes: the network is smaller afterwards (or, for single weights, masked).
     *
     * @param feed training images; null for method L1, which needs none
     */
    public Cut run(NnModule network, EndlessFeed feed, GrowthListener listener) {
        return run(network, feed, listener, null);
    }

    /**
     * As above.
     *
     * @param from where to go on, with the network and the feed as they were then; null: at the start
     */
    public Cut run(NnModule network, EndlessFeed feed, GrowthListener listener, GrowingRegularization.Saved from) {
        ChannelGraph graph = ChannelGraph.trace(network, spec.image());
        List<PrunableLayer> layers = Topology.describe(graph);
        ChannelSets sets = sets(graph);
        double[] ratios = shares != null ? shares : target.shares(graph, layers, sets);
        try (GrowingRegularization growth = new GrowingRegularization(config, network, graph, layers, ratios, sets)) {
            InheritedPruning inherited = target.inherited();
            if (inherited != null && inherited.mode() == InheritedPruning.Mode.INDEX) growth.inherit(inherited);
            if (from != null) growth.resume(from);
            growth.run(feed, listener);
            GrowthTimes times = config.method() == PruningMethod.L1 ? null : GrowthTimes.of(growth);
            if (config.granularity() == Granularity.WEIGHT) {
                Masks masks = Masks.of(growth.layers());
                masks.apply(network);
                return new Cut(spec.masked(masks), times);
            }
            Removal removal = growth.removal();
            RemovalPlan plan = new RemovalPlan(removal.keptFilters());
            removal.apply();
            network.backend().expectChannels(Networks.convInputChannels(network));
            return new Cut(spec.pruned(plan), times);
        }
    }
}
