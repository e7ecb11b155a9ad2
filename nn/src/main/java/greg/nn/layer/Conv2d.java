package greg.nn.layer;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.Conv2dOp;

/** 2-D convolution with parameters {@code weight} (Cout, Cin/groups, K, K) and, if wanted, {@code bias} (Cout). */
public final class Conv2d extends NnModule {
    private final Parameter weight;
    private final Parameter bias;
    private final int stride;
    private final int padding;
    private final int dilation;
    private final int groups;
    private final int filtersPerChannel; // of a depthwise convolution; 0 for others

    /** Square kernel; {@code groups} = {@code in} gives a depthwise convolution. */
    public Conv2d(
            Backend backend,
            int in,
            int out,
            int kernel,
            int stride,
            int padding,
            int dilation,
            int groups,
            boolean bias) {
        super(backend);
        if (groups < 1 || in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException(
                    "Conv2d: channels " + in + " -> " + out + " are not divisible by groups " + groups);
        }
        this.weight = parameter("weight", Shape.of(out, in / groups, kernel, kernel));
        this.bias = bias ? parameter("bias", Shape.of(out)) : null;
        this.stride = stride;
        this.padding = padding;
        this.dilation = dilation;
        this.groups = groups;
        this.filtersPerChannel = groups > 1 && groups == in ? out / in : 0;
    }

    /** No dilation, one group. */
    public Conv2d(Backend backend, int in, int out, int kernel, int stride, int padding, boolean bias) {
        this(backend, in, out, kernel, stride, padding, 1, 1, bias);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor b = bias == null ? null : bias.tensor();
        return Conv2dOp.apply(x, weight.tensor(), b, stride, stride, padding, padding, dilation, dilation, groups(x));
    }

    /** A grouped convolution that surgery has left one channel per group is depthwise from then on. */
    private int groups(Tensor x) {
        boolean became =
                filtersPerChannel == 0 && groups > 1 && weight.tensor().shape().dim(1) == 1;
        return became ? x.shape().dim(1) : groups();
    }

    /** The filters. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, or null. */
    public Parameter bias() {
        return bias;
    }

    /** Convolution groups: of a depthwise convolution one per channel, however many of them surgery has left. */
    public int groups() {
        return filtersPerChannel > 0 ? weight.tensor().shape().dim(0) / filtersPerChannel : groups;
    }

    /** Rows and columns between windows. */
    public int stride() {
        return stride;
    }
}
