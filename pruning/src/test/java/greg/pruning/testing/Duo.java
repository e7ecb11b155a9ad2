package greg.pruning.testing;

import greg.kernels.Backend;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.BatchNormOp;
import greg.tensor.op.Conv2dOp;
import java.util.List;

/**
 * Two convolutions of 3x3 with a batch normalization each, all of whose parameters and buffers one module owns; none is called
 * weight. Input (N, in, H, W), output (N, out, H, W).
 */
public final class Duo extends NnModule {
    private final Parameter[] kernels = new Parameter[2];
    private final Parameter[][] norms = new Parameter[2][];

    /** {@code in -> mid -> out} channels. */
    public Duo(Backend backend, int in, int mid, int out) {
        super(backend);
        int[] widths = {in, mid, out};
        String[] names = {"front", "back"};
        for (int i = 0; i < 2; i++) {
            String name = names[i];
            int width = widths[i + 1];
            kernels[i] = parameter(name, Shape.of(width, widths[i], 3, 3));
            Shape each = Shape.of(width);
            norms[i] = new Parameter[] {
                parameter(name + "_scale", each),
                parameter(name + "_shift", each),
                buffer(name + "_mean", each, 0),
                buffer(name + "_variance", each, 1)
            };
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (int i = 0; i < 2; i++) {
            Tensor conv = Conv2dOp.apply(y, kernels[i].tensor(), null, Conv2dOptions.DEFAULT.padding(1));
            Parameter[] n = norms[i];
            List<Tensor> running = List.of(n[2].tensor(), n[3].tensor());
            y = BatchNormOp.apply(
                    conv, null, n[0].tensor(), n[1].tensor(), running, isTraining(), 1e-5f, 0.1f, Fusion.RELU);
        }
        return y;
    }
}
