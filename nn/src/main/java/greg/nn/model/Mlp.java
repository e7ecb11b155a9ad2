package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.layer.Linear;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.ReluOp;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fully connected network: {@code depth} Linears, 100 wide between input and classes, with ReLUs or, to study pruning in
 * its simplest setting, nothing between them. Input (N, C, S, S), output (N, classes). Names: fc1, fc2, ...; the reference
 * implementation's net.0, net.2, ... are read too.
 *
 * <p>It has no convolution, so there are no filters or channels to remove; prune single weights.
 */
public final class Mlp extends NnModule {
    private static final int WIDTH = 100;

    /** In the reference implementation one Sequential holds the Linears and, between them, the activations. */
    private static final Pattern IN_SEQUENTIAL = Pattern.compile("net\\.(\\d{0,3}[02468])\\.(weight|bias)");

    private final List<Linear> layers = new ArrayList<>();
    private final boolean relu;

    /** At least one layer. */
    public Mlp(Backend backend, int depth, boolean relu, int inChannels, int imageSize, int classes) {
        super(backend);
        this.relu = relu;
        int in = inChannels * imageSize * imageSize;
        for (int i = 1; i <= depth; i++) {
            int out = i == depth ? classes : WIDTH;
            layers.add(child("fc" + i, new Linear(backend, in, out, true)));
            in = out;
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = FlattenOp.apply(x);
        for (int i = 0; i < layers.size(); i++) {
            y = layers.get(i).forward(y);
            if (relu && i < layers.size() - 1) y = ReluOp.apply(y);
        }
        return y;
    }

    @Override
    protected String nameOf(String name) {
        Matcher linear = IN_SEQUENTIAL.matcher(name);
        if (!linear.matches()) return name;
        return "fc" + (Integer.parseInt(linear.group(1)) / 2 + 1) + "." + linear.group(2);
    }
}
