package greg.pruning.cli;

import greg.kernels.dry.DryBackend;
import greg.nn.Module;
import greg.nn.Parameter;
import greg.nn.cost.CostModel;
import greg.nn.model.Networks;
import greg.nn.optim.Optimizer;
import greg.nn.train.EndlessFeed;
import greg.pruning.GregConfig;
import greg.pruning.GrowingRegularization;
import greg.pruning.GrowthListener;
import greg.pruning.LayerState;
import greg.pruning.PrunableLayer;
import greg.pruning.PruningMethod;
import greg.pruning.PruningRatios;
import greg.pruning.SkipLayers;
import greg.pruning.Topology;
import greg.pruning.WeightGroup;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Removal;
import greg.pruning.graph.RemovalPlan;
import greg.pruning.report.NetworkSize;
import greg.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be removed from which network.
 *
 * @param spec the network
 * @param config the method and its settings
 * @param ratios {@code --stage-pr}
 * @param skip {@code --skip-layers}
 */
record Pruning(NetworkSpec spec, GregConfig config, PruningRatios ratios, SkipLayers skip) {
    /**
     * What was removed.
     *
     * @param spec how to build what is left
     * @param masks for single weights: parameter name to 0/1 per element; empty for filters and channels
     */
    record Cut(NetworkSpec spec, Map<String, float[]> masks) {
        /** Masks the weights in every step to come. */
        void mask(Module network, Optimizer optimizer) {
            Map<String, Parameter> parameters = network.parameters();
            masks.forEach((name, mask) -> {
                Tensor weight = parameters.get(name).tensor();
                optimizer.mask(name, Tensor.of(weight.backend(), weight.shape(), mask));
            });
        }

        /** How big it is, counted without computing. */
        NetworkSize size() {
            CostModel cost = cost(spec);
            Map<String, Integer> masked = new LinkedHashMap<>();
            masks.forEach((name, mask) -> {
                int zeros = 0;
                for (float keep : mask) if (keep == 0) zeros++;
                masked.put(name.substring(0, name.length() - ".weight".length()), zeros);
            });
            return NetworkSize.masked(cost, masked);
        }
    }

    /** Parameters and multiply-accumulates of a network, counted without computing. */
    static CostModel cost(NetworkSpec spec) {
        try (DryBackend dry = new DryBackend();
                Module network = spec.build(dry)) {
            return CostModel.of(network, spec.channels(), spec.imageSize(), spec.imageSize());
        }
    }

    /** What the ratios mean for the network, with warnings; IllegalArgumentException where they do not fit it. */
    PruningRatios.Resolved resolve() {
        try (DryBackend dry = new DryBackend();
                Module network = spec.build(dry)) {
            return resolve(Topology.describe(ChannelGraph.trace(network, spec.image())));
        }
    }

    private PruningRatios.Resolved resolve(List<PrunableLayer> layers) {
        return ratios.resolve(layers, config.wg(), skip);
    }

    /** What would be left, by structure alone: how many filters go does not depend on the weights. */
    Cut dryRun() {
        Pruning oneShot = with(PruningMethod.L1);
        try (DryBackend dry = new DryBackend();
                Module network = spec.build(dry)) {
            return oneShot.run(network, null, new GrowthListener() {});
        }
    }

    /** The same ratios by another method. */
    Pruning with(PruningMethod method) {
        return new Pruning(spec, config.toBuilder().method(method).build(), ratios, skip);
    }

    /**
     * Chooses, grows, stabilises, removes: the network is smaller afterwards (or, for single weights, masked).
     *
     * @param feed training images; null for method L1, which needs none
     */
    Cut run(Module network, EndlessFeed feed, GrowthListener listener) {
        ChannelGraph graph = ChannelGraph.trace(network, spec.image());
        List<PrunableLayer> layers = Topology.describe(graph);
        double[] shares = resolve(layers).ratios();
        try (GrowingRegularization growth = new GrowingRegularization(config, network, graph, layers, shares)) {
            growth.run(feed, listener);
            if (config.wg() == WeightGroup.WEIGHT) return masked(network, growth);
            Removal removal = growth.removal();
            RemovalPlan plan = new RemovalPlan(removal.keptFilters());
            removal.apply();
            network.backend().expectChannels(Networks.convInputChannels(network));
            return new Cut(spec.pruned(plan), Map.of());
        }
    }

    private Cut masked(Module network, GrowingRegularization growth) {
        Map<String, Parameter> parameters = network.parameters();
        Map<String, float[]> masks = new LinkedHashMap<>();
        for (LayerState layer : growth.layers()) {
            if (layer.keepsAll()) continue;
            String name = layer.name() + ".weight";
            Tensor weight = parameters.get(name).tensor();
            float[] mask = new float[Math.toIntExact(weight.shape().size())];
            Arrays.fill(mask, 1);
            for (int index : layer.selection().pruned()) mask[index] = 0;
            float[] values = weight.toHost();
            for (int i = 0; i < values.length; i++) values[i] *= mask[i];
            weight.set(values);
            masks.put(name, mask);
        }
        return new Cut(spec, masks);
    }
}
