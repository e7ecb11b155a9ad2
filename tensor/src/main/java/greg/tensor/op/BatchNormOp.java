package greg.tensor.op;

import greg.kernels.BatchNormKernels;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.inference.Activation;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.tensor.ChannelMap;
import greg.tensor.InferenceBuilder;
import greg.tensor.OnnxGraph;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Batch normalization of x (N, C, H, W), fused with what follows it: {@code NONE}, {@code RELU}, or {@code ADD_RELU} (the
 * tail of a residual block, y = max(BN(x) + residual, 0)).
 */
public final class BatchNormOp extends Op {
    private final BatchNormSpec spec;
    private final Tensor x;
    private final Tensor gamma;
    private final Tensor beta;
    private final List<Tensor> running;
    private final Storage y;
    private final Storage saved;
    private final SyncedStatistics synced;

    private BatchNormOp(
            BatchNormSpec spec,
            Tensor x,
            Tensor gamma,
            Tensor beta,
            List<Tensor> running,
            Storage y,
            Storage saved,
            SyncedStatistics synced) {
        this.spec = spec;
        this.x = x;
        this.gamma = gamma;
        this.beta = beta;
        this.running = running;
        this.y = y;
        this.saved = saved;
        this.synced = synced;
    }

    /**
     * The forward pass; training updates the running statistics. Where ranks {@linkplain
     * greg.kernels.Collectives#syncBatchNorm synchronize}, training normalizes by the statistics of all their batches.
     *
     * @param residual of x's shape for ADD_RELU, else null
     * @param running mean and variance, (C) each
     * @param momentum weight of this batch in the running statistics
     */
    public static Tensor apply(
            Tensor x,
            Tensor residual,
            Tensor gamma,
            Tensor beta,
            List<Tensor> running,
            boolean training,
            float eps,
            float momentum,
            Fusion fusion) {
        Shape shape = OpChecks.rank("batchNorm", "input", x, 4);
        BatchNormSpec spec =
                new BatchNormSpec(shape.dim(0), shape.dim(1), shape.dim(2), shape.dim(3), eps, momentum, fusion);
        OpChecks.length("batchNorm", "weight", gamma, spec.channels());
        OpChecks.length("batchNorm", "bias", beta, spec.channels());
        OpChecks.length("batchNorm", "running mean", running.get(0), spec.channels());
        OpChecks.length("batchNorm", "running variance", running.get(1), spec.channels());
        if ((fusion == Fusion.ADD_RELU) != (residual != null)) {
            throw new IllegalArgumentException("batchNorm: a residual is expected with ADD_RELU and only there");
        }
        if (residual != null) OpChecks.same("batchNorm", "residual", x, residual);
        if (training && spec.reduction() == 1) {
            throw new IllegalArgumentException(
                    "batchNorm: training needs more than one value per channel, got " + shape);
        }
        Storage r = residual == null ? null : residual.storage();
        Storage mean = running.get(0).storage();
        Storage var = running.get(1).storage();
        var kernels = x.backend().batchNorm();
        Storage y = scoped(x.backend(), shape);
        boolean syncs = training && x.backend().collectives().syncBatchNorm();
        Storage saved = training && !syncs ? scoped(x.backend(), DType.UINT8, kernels.savedBytes(spec)) : null;
        SyncedStatistics synced = syncs
                ? new SyncedStatistics(x.backend(), spec, x.storage(), gamma.storage(), beta.storage(), mean, var)
                : null;
        if (syncs) {
            kernels.forwardInference(
                    spec, x.storage(), r, gamma.storage(), beta.storage(), synced.mean(), synced.var(), y);
        } else if (training) {
            kernels.forwardTraining(spec, x.storage(), r, gamma.storage(), beta.storage(), mean, var, y, saved);
        } else {
            kernels.forwardInference(spec, x.storage(), r, gamma.storage(), beta.storage(), mean, var, y);
        }
        BatchNormOp op = new BatchNormOp(spec, x, gamma, beta, running, y, saved, synced);
        return residual == null ? op.record(shape, y, x, gamma, beta) : op.record(shape, y, x, gamma, beta, residual);
    }

    /**
     * The usual rule through mean and variance, in evaluation mode the one for constant statistics ({@link
     * greg.kernels.BatchNormKernels}), applied to dy masked by the ReLU; the residual gets the masked gradient.
     */
    @Override
    protected Storage[] backward(Storage dy) {
        if (saved == null) return inferenceBackward(dy);
        boolean add = spec.fusion() == Fusion.ADD_RELU;
        Storage dresidual = add ? inPlace(dy) : null;
        BatchNormKernels kernels = backend().batchNorm();
        Storage dx = add || !kernels.backwardInPlace() ? gradientOf(0) : inPlace(dy);
        Storage dgamma = gradientOf(1);
        Storage dbeta = gradientOf(2);
        kernels.backward(
                spec, x.storage(), y, gamma.storage(), beta.storage(), saved, dy, dx, dresidual, dgamma, dbeta);
        return add ? new Storage[] {dx, dgamma, dbeta, dresidual} : new Storage[] {dx, dgamma, dbeta};
    }

    private Storage[] inferenceBackward(Storage dy) {
        Storage[] gradients = new Storage[node().inputs().size()];
        for (int i = 0; i < gradients.length; i++) {
            if (needs(i) || synced != null) gradients[i] = gradientOf(i);
        }
        Storage mean = synced != null ? synced.mean() : running.get(0).storage();
        Storage var = synced != null ? synced.var() : running.get(1).storage();
        backend()
                .batchNorm()
                .backwardInference(
                        spec,
                        x.storage(),
                        y,
                        gamma.storage(),
                        mean,
                        var,
                        dy,
                        gradients[0],
                        gradients.length == 4 ? gradients[3] : null,
                        gradients[1],
                        gradients[2]);
        if (synced != null) synced.complete(x.storage(), gamma.storage(), gradients[0], gradients[1], gradients[2]);
        return gradients;
    }

    @Override
    public String onnx(OnnxGraph graph) {
        String[] in = values(graph);
        String mean = graph.value(running.get(0));
        String var = graph.value(running.get(1));
        String out = graph.node("BatchNormalization", Map.of("epsilon", spec.eps()), in[0], in[1], in[2], mean, var);
        if (spec.fusion() == Fusion.ADD_RELU) out = graph.node("Add", Map.of(), out, in[3]);
        return spec.fusion() == Fusion.NONE ? out : graph.node("Relu", Map.of(), out);
    }

    @Override
    public int infer(InferenceBuilder builder) {
        if (saved != null || synced != null) return InferenceBuilder.NONE; // normalised by the batch's own statistics
        float[] weight = builder.constant(gamma);
        float[] bias = builder.constant(beta);
        float[] mean = builder.constant(running.get(0));
        float[] var = builder.constant(running.get(1));
        double[] scale = new double[weight.length];
        double[] shift = new double[weight.length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = weight[c] / Math.sqrt(var[c] + (double) spec.eps());
            shift[c] = bias[c] - scale[c] * mean[c];
        }
        int out = builder.affine(value(builder, 0), scale, shift);
        if (spec.fusion() == Fusion.ADD_RELU) out = builder.add(out, value(builder, 3));
        return spec.fusion() == Fusion.NONE ? out : builder.activation(out, Activation.RELU);
    }

    @Override
    public List<Tensor> channelState() {
        return running;
    }

    @Override
    public ChannelMap channels() {
        return spec.fusion() == Fusion.ADD_RELU ? new ChannelMap.Tied(3) : new ChannelMap.Same();
    }
}
