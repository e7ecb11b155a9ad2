package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.layer.Dropout;
import greg.nn.layer.Lambda;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.ReluOp;
import java.util.Arrays;

/**
 * VGG as published (Simonyan and Zisserman 2015) and as torchvision has it: five poolings, then Linears 4096, 4096 and
 * classes with dropout between them. Input (N, C, S, S) with S from 224 to 255, which leave 7x7 positions; output (N,
 * classes).
 *
 * <p>Names: features.0, ...; classifier.0, .3 and .6. Convolutions have a bias, with BN too.
 */
public final class ImageNetVgg extends NnModule {
    private static final int HIDDEN = 4096;

    private final VggFeatures features;
    private final Sequential classifier;

    /** The standard widths of {@code depth} 11, 13, 16 or 19 layers. */
    public ImageNetVgg(Backend backend, int depth, boolean batchNorm, int inChannels, int imageSize, int classes) {
        this(backend, withLastPool(Vgg.standard(depth)), batchNorm, inChannels, imageSize, classes, HIDDEN);
        if (imageSize / 32 != 7) {
            throw new IllegalArgumentException("VGG for ImageNet: expected images of 224x224 to 255x255, got "
                    + imageSize + "x" + imageSize + "; resize them, or use images below 224 for the CIFAR variant");
        }
    }

    /** Any widths and image sizes. */
    ImageNetVgg(Backend backend, int[] cfg, boolean batchNorm, int inChannels, int imageSize, int classes, int hidden) {
        super(backend);
        int pools = (int) Arrays.stream(cfg).filter(c -> c == Vgg.POOL).count();
        int width = Arrays.stream(cfg).filter(c -> c != Vgg.POOL).reduce(inChannels, (a, b) -> b);
        int side = imageSize >> pools;
        features = child("features", new VggFeatures(backend, cfg, batchNorm, true, inChannels));
        classifier = child(
                "classifier",
                new Sequential(
                        backend,
                        new Linear(backend, width * side * side, hidden, true),
                        new Lambda(backend, ReluOp::apply),
                        new Dropout(backend, 0.5f),
                        new Linear(backend, hidden, hidden, true),
                        new Lambda(backend, ReluOp::apply),
                        new Dropout(backend, 0.5f),
                        new Linear(backend, hidden, classes, true)));
        Starts.vgg(this);
    }

    private static int[] withLastPool(int[] cfg) {
        int[] longer = Arrays.copyOf(cfg, cfg.length + 1);
        longer[cfg.length] = Vgg.POOL;
        return longer;
    }

    @Override
    public Tensor forward(Tensor x) {
        return classifier.forward(FlattenOp.apply(features.forward(x)));
    }
}
