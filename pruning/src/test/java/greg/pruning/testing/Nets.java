package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.pruning.graph.ChannelGraph;
import greg.tensor.Shape;
import java.util.Arrays;
import java.util.function.Function;

/** Graphs of the paper's networks, traced on the backend that computes nothing. */
public final class Nets {
    private static final Backend DRY = new DryBackend();

    private Nets() {}

    /** A network by name, for images of 3 planes. */
    public static ChannelGraph of(String arch, int imageSize) {
        return trace(Networks.create(arch, DRY, 3, imageSize, 10), imageSize);
    }

    /** {@code convs} convolutions in a row and one linear layer: features.0, features.2, ..., classifier. */
    public static ChannelGraph vgg(int convs) {
        int[] widths = new int[convs];
        Arrays.fill(widths, 10);
        return trace(new Vgg(DRY, widths, false, 3, 10), 8);
    }

    /** Any network of {@link SpotNets}. */
    public static ChannelGraph of(Function<Backend, ? extends NnModule> net) {
        return trace(net.apply(DRY), 8);
    }

    private static ChannelGraph trace(NnModule net, int imageSize) {
        return ChannelGraph.trace(net, Shape.of(1, 3, imageSize, imageSize));
    }
}
