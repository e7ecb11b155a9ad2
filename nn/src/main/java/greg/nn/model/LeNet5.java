package greg.nn.model;

import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec;
import greg.nn.NnModule;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;

/**
 * LeNet-5 (LeCun et al. 1998) in its usual modern form: 5x5 convolutions of 6, 16 and 120 filters, ReLU, 2x2 max-pooling
 * after the first two, then Linear 84 and Linear classes. Input (N, C, 32, 32), output (N, classes).
 *
 * <p>Images of 28x28 (the MNIST family) are padded by 2 on every side, as in the paper, in the first convolution. Larger
 * ones leave several positions of each of the 120 filters to the first Linear.
 */
public final class LeNet5 extends NnModule {
    private static final int IMAGE = 32;
    private final Conv2d conv1;
    private final Conv2d conv2;
    private final Conv2d conv3;
    private final Linear fc1;
    private final Linear fc2;

    /** Square images of {@code imageSize} 28, or 32 and more. */
    public LeNet5(Backend backend, int inChannels, int imageSize, int classes) {
        super(backend);
        if (imageSize != 28 && imageSize < IMAGE) {
            throw new IllegalArgumentException("LeNet5: expected images of 28x28, or 32x32 and larger, got " + imageSize
                    + "x" + imageSize + "; resize them");
        }
        int padding = imageSize < IMAGE ? (IMAGE - imageSize) / 2 : 0;
        conv1 = child("conv1", new Conv2d(backend, inChannels, 6, 5, Conv2dOptions.DEFAULT.padding(padding)));
        conv2 = child("conv2", new Conv2d(backend, 6, 16, 5, Conv2dOptions.DEFAULT));
        conv3 = child("conv3", new Conv2d(backend, 16, 120, 5, Conv2dOptions.DEFAULT));
        int side = ((Math.max(imageSize, IMAGE) - 4) / 2 - 4) / 2 - 4;
        fc1 = child("fc1", new Linear(backend, 120 * side * side, 84, true));
        fc2 = child("fc2", new Linear(backend, 84, classes, true));
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = pool(ReluOp.apply(conv1.forward(x)));
        y = pool(ReluOp.apply(conv2.forward(y)));
        y = FlattenOp.apply(ReluOp.apply(conv3.forward(y)));
        return fc2.forward(ReluOp.apply(fc1.forward(y)));
    }

    private static Tensor pool(Tensor x) {
        return Pool2dOp.apply(x, Pool2dSpec.Kind.MAX, 2, 2, 0, false);
    }
}
