package greg.nn.layer;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.Conv2dOp;

/**
 * 2-D convolution of (N, Cin, H, W) to (N, Cout, OH, OW) with parameters {@code weight} (Cout, Cin/groups, KH, KW) and,
 * optionally, {@code bias} (Cout). Initial values are PyTorch's.
 *
 * <pre>{@code
 * new Conv2d(backend, 3, 16, 3, Conv2dOptions.DEFAULT.padding(1))                    // 3x3, same size, bias
 * new Conv2d(backend, 16, 16, 3, Conv2dOptions.DEFAULT.stride(2).groups(16), false)  // depthwise, no bias
 * new Conv2d(backend, 16, 32, 1, 7, Conv2dOptions.DEFAULT.padding(0, 3), false)      // one row, seven columns
 * }</pre>
 */
public final class Conv2d extends NnModule {
    private final Parameter weight;
    private final Parameter bias;
    private final Conv2dOptions options;
    private final int filtersPerChannel; // of a depthwise convolution; 0 for others

    /** Square kernel, with a bias as is PyTorch's default. */
    public Conv2d(Backend backend, int in, int out, int kernel, Conv2dOptions options) {
        this(backend, in, out, kernel, options, true);
    }

    /** Square kernel. */
    public Conv2d(Backend backend, int in, int out, int kernel, Conv2dOptions options, boolean bias) {
        this(backend, in, out, kernel, kernel, options, bias);
    }

    /** A kernel of {@code kernelH} rows and {@code kernelW} columns. */
    public Conv2d(Backend backend, int in, int out, int kernelH, int kernelW, Conv2dOptions options, boolean bias) {
        super(backend);
        int groups = options.groups();
        if (in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException(
                    "Conv2d: channels " + in + " -> " + out + " are not divisible by groups " + groups);
        }
        this.weight = parameter("weight", Shape.of(out, in / groups, kernelH, kernelW), Init.UNIFORM);
        Init biasInit = Init.uniformLike(() -> weight.tensor().shape());
        this.bias = bias ? parameter("bias", Shape.of(out), biasInit) : null;
        this.options = options;
        this.filtersPerChannel = groups > 1 && groups == in ? out / in : 0;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Conv2dOp.apply(x, weight.tensor(), bias == null ? null : bias.tensor(), options.groups(groups(x)));
    }

    /** A grouped convolution that surgery leaves with one channel per group is depthwise from then on. */
    private int groups(Tensor x) {
        boolean became = filtersPerChannel == 0
                && options.groups() > 1
                && weight.tensor().shape().dim(1) == 1;
        return became ? x.shape().dim(1) : groups();
    }

    @Override
    protected int inputChannels(Parameter filters) {
        return filters.tensor().shape().dim(1) * groups();
    }

    /** The filters. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, or null. */
    public Parameter bias() {
        return bias;
    }

    /** Convolution groups; in a depthwise convolution one for each channel that surgery has left. */
    public int groups() {
        int filters = weight.tensor().shape().dim(0);
        // the filters of a last channel may be removed one by one
        return filtersPerChannel > 0 ? Math.max(1, filters / filtersPerChannel) : options.groups();
    }
}
