package greg.nn.model;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec;
import greg.nn.NnModule;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.tensor.Tensor;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;

/** The convolutional part of a VGG: 3x3 convolutions, optionally BN, ReLU, 2x2 max-poolings; numbered as in PyTorch. */
final class VggFeatures extends NnModule {
    private final int[] cfg;
    private final Conv2d[] convs;
    private final BatchNorm2d[] norms;

    /**
     * Any widths.
     *
     * @param cfg filters of each convolution, {@link Vgg#POOL} for a max-pooling
     * @param bias whether convolutions have one
     */
    VggFeatures(Backend backend, int[] cfg, boolean batchNorm, boolean bias, int inChannels) {
        super(backend);
        this.cfg = cfg.clone();
        convs = new Conv2d[cfg.length];
        norms = new BatchNorm2d[cfg.length];
        int number = 0;
        int in = inChannels;
        for (int i = 0; i < cfg.length; i++) {
            if (cfg[i] == Vgg.POOL) {
                number++;
                continue;
            }
            convs[i] = child(
                    String.valueOf(number++),
                    new Conv2d(backend, in, cfg[i], 3, Conv2dOptions.DEFAULT.padding(1), bias));
            if (batchNorm) norms[i] = child(String.valueOf(number++), new BatchNorm2d(backend, cfg[i]));
            number++; // the ReLU
            in = cfg[i];
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (int i = 0; i < cfg.length; i++) {
            if (cfg[i] == Vgg.POOL) y = Pool2dOp.apply(y, Pool2dSpec.Kind.MAX, 2, 2, 0, false);
            else if (norms[i] == null) y = ReluOp.apply(convs[i].forward(y));
            else y = norms[i].forwardRelu(convs[i].forward(y));
        }
        return y;
    }
}
