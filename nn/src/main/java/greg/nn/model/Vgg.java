package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.layer.Linear;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;

/**
 * VGG for small images (Simonyan and Zisserman 2015, with the changes usual on CIFAR): 3x3 convolutions, each followed by
 * batch normalization and ReLU, four 2x2 max-poolings, then the mean over the positions and one Linear. Input (N, C, H,
 * W), output (N, classes).
 *
 * <p>Names: features.0 (conv), features.1 (BN), features.3 or 4 ..., classifier; ReLU and pooling take a number each, as
 * in PyTorch's Sequential.
 */
public final class Vgg extends NnModule {
    /** In a configuration: a 2x2 max-pooling in place of a number of filters. */
    public static final int POOL = 0;

    private final VggFeatures features;
    private final Linear classifier;

    /**
     * Any widths.
     *
     * @param cfg filters of each convolution, {@link #POOL} for a 2x2 max-pooling
     * @param batchNorm BN after every convolution, which then has no bias
     */
    public Vgg(Backend backend, int[] cfg, boolean batchNorm, int inChannels, int classes) {
        super(backend);
        int width = inChannels;
        for (int filters : cfg) {
            if (filters < 0) {
                throw new IllegalArgumentException(
                        "VGG: expected filters per convolution, or 0 for a pooling, got " + filters);
            }
            if (filters != POOL) width = filters;
        }
        features = child("features", new VggFeatures(backend, cfg, batchNorm, !batchNorm, inChannels));
        classifier = child("classifier", new Linear(backend, width, classes, true));
        Starts.vgg(this);
    }

    /** The standard widths of 11, 13, 16 or 19 layers. */
    public static int[] standard(int depth) {
        int[] perStage =
                switch (depth) {
                    case 11 -> new int[] {1, 1, 2, 2, 2};
                    case 13 -> new int[] {2, 2, 2, 2, 2};
                    case 16 -> new int[] {2, 2, 3, 3, 3};
                    case 19 -> new int[] {2, 2, 4, 4, 4};
                    default ->
                        throw new IllegalArgumentException("VGG: expected 11, 13, 16 or 19 layers, got " + depth);
                };
        // the three fully connected layers of the original are one here, and the mean takes the fifth pooling's place
        int[] cfg = new int[depth - 3 + 4];
        int i = 0;
        for (int stage = 0; stage < perStage.length; stage++) {
            if (stage > 0) cfg[i++] = POOL;
            for (int n = 0; n < perStage[stage]; n++) cfg[i++] = Math.min(64 << stage, 512);
        }
        return cfg;
    }

    @Override
    public Tensor forward(Tensor x) {
        return classifier.forward(GlobalAveragePoolOp.apply(features.forward(x)));
    }
}
