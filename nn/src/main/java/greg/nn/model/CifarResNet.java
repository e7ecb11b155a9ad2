package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.tensor.ChannelRoute;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ShortcutOp;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNet for CIFAR (He et al. 2015, section 4.2): 6n+2 layers, three stages of n basic blocks with 16, 32, 64 channels,
 * parameter-free (option A) shortcuts. Input (N, C, H, W), output (N, classes).
 *
 * <p>Names: conv1, bn1, layer1.0.conv1, layer1.0.bn1, ..., linear.
 */
public final class CifarResNet extends NnModule {
    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final List<Block> blocks = new ArrayList<>();
    private final Linear linear;

    /** {@code depth} = 6n+2: 20, 32, 44, 56, 110. */
    public CifarResNet(Backend backend, int depth, int inChannels, int classes) {
        super(backend);
        if (depth < 8 || (depth - 2) % 6 != 0) {
            throw new IllegalArgumentException(
                    "ResNet for CIFAR: expected a depth of 6n+2 (20, 32, 44, 56, 110), got " + depth);
        }
        conv1 = child("conv1", Padded.conv(backend, inChannels, 16, 3, 1));
        bn1 = child("bn1", new BatchNorm2d(backend, 16));
        int in = 16;
        for (int stage = 1; stage <= 3; stage++) {
            NnModule layer =
                    child("layer" + stage, new Stage(backend, in, 8 << stage, (depth - 2) / 6, stage == 1 ? 1 : 2));
            layer.children().values().forEach(b -> blocks.add((Block) b));
            in = 8 << stage;
        }
        linear = child("linear", new Linear(backend, in, classes, true));
        Starts.convolutions(this, Init.KAIMING_NORMAL);
        Starts.linears(this, Init.KAIMING_NORMAL);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = bn1.forwardRelu(conv1.forward(x));
        for (Block block : blocks) y = block.forward(y);
        return linear.forward(GlobalAveragePoolOp.apply(y));
    }

    /** Blocks 0 .. n-1 of one width; the first may subsample. */
    private static final class Stage extends NnModule {
        Stage(Backend backend, int in, int width, int count, int stride) {
            super(backend);
            for (int i = 0; i < count; i++) {
                child(String.valueOf(i), new Block(backend, i == 0 ? in : width, width, i == 0 ? stride : 1));
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = x;
            for (NnModule block : children().values()) y = block.forward(y);
            return y;
        }
    }

    /** relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)). */
    private static final class Block extends NnModule {
        private final Conv2d conv1;
        private final BatchNorm2d bn1;
        private final Conv2d conv2;
        private final BatchNorm2d bn2;
        private final int stride;
        private final ChannelRoute shortcut;

        Block(Backend backend, int in, int width, int stride) {
            super(backend);
            conv1 = child("conv1", Padded.conv(backend, in, width, 3, stride));
            bn1 = child("bn1", new BatchNorm2d(backend, width));
            conv2 = child("conv2", Padded.conv(backend, width, width, 3, 1));
            bn2 = child("bn2", new BatchNorm2d(backend, width));
            this.stride = stride;
            this.shortcut = stride == 1 && in == width ? null : ChannelRoute.padded(in, width, (width - in) / 2);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = conv2.forward(bn1.forwardRelu(conv1.forward(x)));
            return bn2.forwardAddRelu(y, shortcut == null ? x : ShortcutOp.apply(x, shortcut, stride));
        }
    }
}
