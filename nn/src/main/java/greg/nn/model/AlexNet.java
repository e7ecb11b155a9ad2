package greg.nn.model;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec;
import greg.nn.NnModule;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Dropout;
import greg.nn.layer.Lambda;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;

/**
 * AlexNet (Krizhevsky et al. 2012, in the one-column form of 2014): five convolutions with ReLU, three max-poolings. Input
 * (N, C, S, S), output (N, classes).
 *
 * <p>Images of 224 to 255: as in torchvision, 3x3 poolings, then Linears 4096, 4096 and classes after dropout
 * (classifier.1, .4 and .6). Smaller ones, from 32: the usual variant for CIFAR, 2x2 poolings and one Linear
 * (classifier). Convolutions are features.0, .3, .6, .8 and .10 in both.
 */
public final class AlexNet extends NnModule {
    private static final int IMAGENET = 224;
    private static final int HIDDEN = 4096;

    private final Sequential features;
    private final NnModule classifier;

    /** The variant follows from {@code imageSize}. */
    public AlexNet(Backend backend, int inChannels, int imageSize, int classes) {
        super(backend);
        boolean large = imageSize >= IMAGENET;
        int window = large ? 3 : 2;
        int padding = large ? 2 : 5;
        int side = (imageSize + 2 * padding - 11) / 4 + 1;
        for (int pool = 0; pool < 3; pool++) side = (side - window) / 2 + 1;
        if (large ? side != 6 : imageSize < 32) {
            throw new IllegalArgumentException("AlexNet: expected images of 224x224 to 255x255, or of 32x32 and more"
                    + " for the CIFAR variant, got " + imageSize + "x" + imageSize + "; resize them");
        }
        features = child(
                "features",
                new Sequential(
                        backend,
                        new Conv2d(
                                backend,
                                inChannels,
                                64,
                                11,
                                Conv2dOptions.DEFAULT.stride(4).padding(padding)),
                        relu(),
                        pool(window),
                        new Conv2d(backend, 64, 192, 5, Conv2dOptions.DEFAULT.padding(2)),
                        relu(),
                        pool(window),
                        new Conv2d(backend, 192, 384, 3, Conv2dOptions.DEFAULT.padding(1)),
                        relu(),
                        new Conv2d(backend, 384, 256, 3, Conv2dOptions.DEFAULT.padding(1)),
                        relu(),
                        new Conv2d(backend, 256, 256, 3, Conv2dOptions.DEFAULT.padding(1)),
                        relu(),
                        pool(window)));
        int columns = 256 * side * side;
        classifier =
                child("classifier", large ? hidden(columns, classes) : new Linear(backend, columns, classes, true));
    }

    private NnModule hidden(int columns, int classes) {
        return new Sequential(
                backend(),
                new Dropout(backend(), 0.5f),
                new Linear(backend(), columns, HIDDEN, true),
                relu(),
                new Dropout(backend(), 0.5f),
                new Linear(backend(), HIDDEN, HIDDEN, true),
                relu(),
                new Linear(backend(), HIDDEN, classes, true));
    }

    private Lambda relu() {
        return new Lambda(backend(), ReluOp::apply);
    }

    private Lambda pool(int window) {
        return new Lambda(backend(), x -> Pool2dOp.apply(x, Pool2dSpec.Kind.MAX, window, 2, 0, false));
    }

    @Override
    public Tensor forward(Tensor x) {
        return classifier.forward(FlattenOp.apply(features.forward(x)));
    }
}
