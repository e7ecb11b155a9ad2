package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.GlobalAveragePoolOp;

/**
 * Wide ResNet for small images (Zagoruyko and Komodakis 2016): 6n+4 layers, three stages of n blocks with 16k, 32k, 64k
 * channels, BN and ReLU before each convolution, projection shortcuts where the width changes, no dropout. Input (N, C,
 * H, W), output (N, classes).
 *
 * <p>Names: conv1, block1.layer.0.bn1, .conv1, .bn2, .conv2, .convShortcut, ..., bn1, fc.
 */
public final class WideResNet extends NnModule {
    private final Conv2d conv1;
    private final Stage[] stages = new Stage[3];
    private final BatchNorm2d bn1;
    private final Linear fc;

    /** {@code depth} = 6n+4 layers, {@code widen} times the width of a plain ResNet. */
    public WideResNet(Backend backend, int depth, int widen, int inChannels, int classes) {
        super(backend);
        if (depth < 10 || (depth - 4) % 6 != 0 || widen < 1) {
            throw new IllegalArgumentException("Wide ResNet: expected a depth of 6n+4 (16, 22, 28, 40) and a width of"
                    + " at least 1, got " + depth + " and " + widen);
        }
        conv1 = child("conv1", Padded.conv(backend, inChannels, 16, 3, 1));
        int in = 16;
        for (int i = 0; i < 3; i++) {
            int width = (16 << i) * widen;
            NnModule[] blocks = new NnModule[(depth - 4) / 6];
            for (int b = 0; b < blocks.length; b++) {
                blocks[b] = new Block(backend, b == 0 ? in : width, width, b == 0 && i > 0 ? 2 : 1);
            }
            stages[i] = child("block" + (i + 1), new Stage(backend, blocks));
            in = width;
        }
        bn1 = child("bn1", new BatchNorm2d(backend, in));
        fc = child("fc", new Linear(backend, in, classes, true));
        Starts.convolutions(this, Init.KAIMING_NORMAL_FAN_OUT);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = conv1.forward(x);
        for (Stage stage : stages) y = stage.forward(y);
        return fc.forward(GlobalAveragePoolOp.apply(bn1.forwardRelu(y)));
    }

    /** The blocks of one width, under the name "layer". */
    private static final class Stage extends NnModule {
        private final Sequential layer;

        Stage(Backend backend, NnModule... blocks) {
            super(backend);
            layer = child("layer", new Sequential(backend, blocks));
        }

        @Override
        public Tensor forward(Tensor x) {
            return layer.forward(x);
        }
    }

    /** conv2(relu(bn2(conv1(a)))) + shortcut, a = relu(bn1(x)); the shortcut is x, or a convolution of a. */
    private static final class Block extends NnModule {
        private final BatchNorm2d bn1;
        private final Conv2d conv1;
        private final BatchNorm2d bn2;
        private final Conv2d conv2;
        private final Conv2d shortcut;

        Block(Backend backend, int in, int width, int stride) {
            super(backend);
            bn1 = child("bn1", new BatchNorm2d(backend, in));
            conv1 = child("conv1", Padded.conv(backend, in, width, 3, stride));
            bn2 = child("bn2", new BatchNorm2d(backend, width));
            conv2 = child("conv2", Padded.conv(backend, width, width, 3, 1));
            shortcut = in == width ? null : child("convShortcut", Padded.conv(backend, in, width, 1, stride));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor a = bn1.forwardRelu(x);
            Tensor y = conv2.forward(bn2.forwardRelu(conv1.forward(a)));
            return AddOp.apply(y, shortcut == null ? x : shortcut.forward(a));
        }
    }
}
