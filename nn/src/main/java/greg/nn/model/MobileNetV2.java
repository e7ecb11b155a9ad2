package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Dropout;
import greg.nn.layer.Lambda;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.Relu6Op;
import java.util.ArrayList;
import java.util.List;

/**
 * MobileNetV2 (Sandler et al. 2018) as torchvision has it, width 1: inverted residual blocks of a 1x1 expansion, a
 * depthwise 3x3 convolution and a 1x1 projection. Input (N, C, H, W), output (N, classes).
 *
 * <p>Names: features.0.0, features.0.1, features.1.conv.0.0, ..., features.18.1, classifier.1.
 */
public final class MobileNetV2 extends NnModule {
    /** Per row: expansion, channels, blocks, stride of the first block. */
    private static final int[][] SETTINGS = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final int STEM = 32;
    private static final int LAST = 1280;

    private final Sequential features;
    private final Sequential classifier;

    /** Any image of at least 32x32, which leaves one position for the final mean. */
    public MobileNetV2(Backend backend, int inChannels, int classes) {
        this(backend, SETTINGS, STEM, LAST, inChannels, classes);
    }

    /** Any configuration of blocks. */
    MobileNetV2(Backend backend, int[][] settings, int stem, int last, int inChannels, int classes) {
        super(backend);
        List<NnModule> blocks = new ArrayList<>();
        blocks.add(unit(backend, inChannels, stem, 3, 2, 1));
        int in = stem;
        for (int[] row : settings) {
            for (int i = 0; i < row[2]; i++) {
                blocks.add(new InvertedResidual(backend, in, row[1], i == 0 ? row[3] : 1, row[0]));
                in = row[1];
            }
        }
        blocks.add(unit(backend, in, last, 1, 1, 1));
        features = child("features", new Sequential(backend, blocks.toArray(NnModule[]::new)));
        classifier = child(
                "classifier",
                new Sequential(backend, new Dropout(backend, 0.2f), new Linear(backend, last, classes, true)));
        Starts.convolutions(this, Init.KAIMING_NORMAL_FAN_OUT);
    }

    @Override
    public Tensor forward(Tensor x) {
        return classifier.forward(GlobalAveragePoolOp.apply(features.forward(x)));
    }

    /** Convolution, BN, ReLU6. */
    private static Sequential unit(Backend backend, int in, int out, int kernel, int stride, int groups) {
        return new Sequential(
                backend,
                Padded.conv(backend, in, out, kernel, stride, groups),
                new BatchNorm2d(backend, out),
                new Lambda(backend, Relu6Op::apply));
    }

    /** Expansion (if any), depthwise, projection; added to the input where the shape is unchanged. */
    private static final class InvertedResidual extends NnModule {
        private final Sequential conv;
        private final boolean residual;

        InvertedResidual(Backend backend, int in, int out, int stride, int expansion) {
            super(backend);
            int hidden = in * expansion;
            List<NnModule> steps = new ArrayList<>();
            if (expansion != 1) steps.add(unit(backend, in, hidden, 1, 1, 1));
            steps.add(unit(backend, hidden, hidden, 3, stride, hidden));
            steps.add(Padded.conv(backend, hidden, out, 1, 1));
            steps.add(new BatchNorm2d(backend, out));
            conv = child("conv", new Sequential(backend, steps.toArray(NnModule[]::new)));
            residual = stride == 1 && in == out;
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = conv.forward(x);
            return residual ? AddOp.apply(y, x) : y;
        }
    }
}
