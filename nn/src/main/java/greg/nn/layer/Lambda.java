package greg.nn.layer;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A layer without parameters in a {@link Sequential}: {@code new Lambda(backend, ReluOp::apply)}. */
public final class Lambda extends NnModule {
    private final UnaryOperator<Tensor> function;

    /** Computes {@code function}, which must be made of ops. */
    public Lambda(Backend backend, UnaryOperator<Tensor> function) {
        super(backend);
        this.function = function;
    }

    @Override
    public Tensor forward(Tensor x) {
        return function.apply(x);
    }
}
