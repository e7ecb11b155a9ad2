package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.LinearOp;
import greg.tensor.op.ReluOp;

/**
 * A network as a user might write it: two branches, their concatenation, a projection parallel to it, a layer whose
 * parameter is not called weight, and a module that owns two. Input (N, 1, 8, 8), output (N, 3).
 */
public final class TwoBranches extends NnModule {
    private static final Conv2dOptions SAME = Conv2dOptions.DEFAULT.padding(1);

    private final Conv2d stem = child("stem", new Conv2d(backend(), 1, 8, 3, SAME));
    private final Parameter left = parameter("left", Shape.of(6, 8, 3, 3));
    private final Parameter right = parameter("right", Shape.of(5, 8, 1, 1));
    private final Conv2d join = child("join", new Conv2d(backend(), 11, 8, 3, SAME, false));
    private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend(), 8));
    private final Conv2d project = child("project", new Conv2d(backend(), 8, 8, 1, Conv2dOptions.DEFAULT, false));
    private final Parameter kernel = parameter("kernel", Shape.of(3, 8));

    /** All parameters zero. */
    public TwoBranches(Backend backend) {
        super(backend);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = ReluOp.apply(stem.forward(x));
        Tensor a = ReluOp.apply(Conv2dOp.apply(y, left.tensor(), null, SAME));
        Tensor b = ReluOp.apply(Conv2dOp.apply(y, right.tensor(), null, Conv2dOptions.DEFAULT));
        Tensor z = norm.forwardAddRelu(join.forward(ConcatOp.apply(a, b)), project.forward(y));
        return LinearOp.apply(GlobalAveragePoolOp.apply(z), kernel.tensor(), null);
    }
}
