package greg.pruning.golden;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.tensor.Shape;

/** The network of a golden case on our engine, and its pruning from the settings that the reference was given. */
final class GoldenRun {
    private static final int CLASSES = 10;
    private static final int SIDE = 32;

    private GoldenRun() {}

    /** The network with these weights and buffers. */
    static NnModule network(GoldenCase golden, Backend backend, StateDict state) {
        NnModule net = network(golden, backend);
        state.loadInto(net);
        return net;
    }

    /** The network with zero weights. */
    static NnModule network(GoldenCase golden, Backend backend) {
        JsonNode cfg = golden.settings.path("cfg");
        int channels = image(golden).dim(1);
        if (cfg.isEmpty()) {
            return Networks.create(golden.settings.get("arch").textValue(), backend, channels, SIDE, CLASSES);
        }
        int[] widths = new int[cfg.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = cfg.get(i).isTextual() ? Vgg.POOL : cfg.get(i).intValue();
        }
        return new Vgg(backend, widths, true, channels, CLASSES);
    }

    /** One image of the case. */
    static Shape image(GoldenCase golden) {
        return Shape.of(1, golden.gray() ? 1 : 3, SIDE, SIDE);
    }

    /** The run before iteration 0, with its ratios read from the reference's own flags. */
    static GrowingRegularization start(GoldenCase golden, GregConfig config, NnModule net) {
        ChannelGraph graph = ChannelGraph.trace(net, image(golden));
        return new GrowingRegularization(
                config,
                net,
                graph,
                target(golden).resolve(graph, config.granularity()).layers());
    }

    /** The target by the reference's own flags. */
    static Target target(GoldenCase golden) {
        return Target.of(
                PruningRatios.parse(golden.flag("--stage_pr")), SkipLayers.parse(golden.flag("--skip_layers")));
    }
}
