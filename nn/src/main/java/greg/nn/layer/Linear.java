package greg.nn.layer;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.LinearOp;

/** Fully connected layer with {@code weight} (out, in) and, optionally, {@code bias} (out). Initial values are PyTorch's. */
public final class Linear extends NnModule {
    private final Parameter weight;
    private final Parameter bias;

    /** y = x weight^T + bias. */
    public Linear(Backend backend, int in, int out, boolean bias) {
        super(backend);
        this.weight = parameter("weight", Shape.of(out, in), Init.UNIFORM);
        Init biasInit = Init.uniformLike(() -> weight.tensor().shape());
        this.bias = bias ? parameter("bias", Shape.of(out), biasInit) : null;
    }

    @Override
    public Tensor forward(Tensor x) {
        return LinearOp.apply(x, weight.tensor(), bias == null ? null : bias.tensor());
    }

    /** Rows are outputs. */
    public Parameter weight() {
        return weight;
    }

    /** The bias, or null. */
    public Parameter bias() {
        return bias;
    }
}
