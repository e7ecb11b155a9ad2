package greg.nn.layer;

import greg.kernels.Backend;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.nn.init.Init;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.BatchNormOp;
import java.util.Arrays;
import java.util.List;

/**
 * Batch normalization with {@code weight}, {@code bias} and the buffers {@code running_mean}, {@code running_var}; eps
 * 1e-5, momentum 0.1 as in PyTorch. The fused forms save passes over memory.
 */
public final class BatchNorm2d extends NnModule {
    private static final float EPS = 1e-5f;
    private static final float MOMENTUM = 0.1f;
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter runningMean;
    private final Parameter runningVar;

    /** Weight 1, bias 0, running mean 0, running variance 1. */
    public BatchNorm2d(Backend backend, int channels) {
        super(backend);
        weight = parameter("weight", Shape.of(channels), Init.ONE);
        bias = parameter("bias", Shape.of(channels), Init.ZERO);
        runningMean = buffer("running_mean", Shape.of(channels), 0);
        runningVar = buffer("running_var", Shape.of(channels), 1);
        float[] ones = new float[channels];
        Arrays.fill(ones, 1);
        weight.tensor().set(ones);
    }

    /** y = BN(x). */
    @Override
    public Tensor forward(Tensor x) {
        return apply(x, null, Fusion.NONE);
    }

    /** y = max(BN(x), 0). */
    public Tensor forwardRelu(Tensor x) {
        return apply(x, null, Fusion.RELU);
    }

    /** y = max(BN(x) + residual, 0). */
    public Tensor forwardAddRelu(Tensor x, Tensor residual) {
        return apply(x, residual, Fusion.ADD_RELU);
    }

    private Tensor apply(Tensor x, Tensor residual, Fusion fusion) {
        return BatchNormOp.apply(
                x,
                residual,
                weight.tensor(),
                bias.tensor(),
                List.of(runningMean.tensor(), runningVar.tensor()),
                isTraining(),
                EPS,
                MOMENTUM,
                fusion);
    }
}
