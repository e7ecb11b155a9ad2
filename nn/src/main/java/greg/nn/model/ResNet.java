package greg.nn.model;

import greg.kernels.Backend;
import greg.kernels.spec.Pool2dSpec;
import greg.nn.NnModule;
import greg.nn.init.Init;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Tensor;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.Pool2dOp;

/**
 * ResNet for ImageNet (He et al. 2015) as torchvision has it: four stages of basic blocks (18 and 34 layers) or
 * bottlenecks (50, 101, 152; the stride is in the 3x3 convolution), projection shortcuts where the shape changes. Input
 * (N, C, H, W), output (N, classes).
 *
 * <p>Names: conv1, bn1, layer1.0.conv1, layer1.0.bn1, ..., layer2.0.downsample.0 and .1, fc.
 */
public final class ResNet extends NnModule {
    private final Conv2d conv1;
    private final BatchNorm2d bn1;
    private final Sequential[] layers = new Sequential[4];
    private final Linear fc;

    /** {@code depth} is 18, 34, 50, 101 or 152. */
    public ResNet(Backend backend, int depth, int inChannels, int classes) {
        this(backend, blocks(depth), depth >= 50, inChannels, 64, classes);
    }

    /**
     * Any size.
     *
     * @param blocks number of blocks in each of four stages
     * @param width channels after the first convolution; the stages have 1, 2, 4 and 8 times as many, bottlenecks give
     *     out four times that
     */
    ResNet(Backend backend, int[] blocks, boolean bottleneck, int inChannels, int width, int classes) {
        super(backend);
        conv1 = child("conv1", Padded.conv(backend, inChannels, width, 7, 2));
        bn1 = child("bn1", new BatchNorm2d(backend, width));
        int in = width;
        for (int stage = 0; stage < 4; stage++) {
            NnModule[] members = new NnModule[blocks[stage]];
            for (int i = 0; i < members.length; i++) {
                int stride = i == 0 && stage > 0 ? 2 : 1;
                NnModule block = bottleneck
                        ? new Bottleneck(backend, in, width << stage, stride)
                        : new BasicBlock(backend, in, width << stage, stride);
                members[i] = block;
                in = (width << stage) * (bottleneck ? Bottleneck.EXPANSION : 1);
            }
            layers[stage] = child("layer" + (stage + 1), new Sequential(backend, members));
        }
        fc = child("fc", new Linear(backend, in, classes, true));
        Starts.convolutions(this, Init.KAIMING_NORMAL_FAN_OUT);
    }

    private static int[] blocks(int depth) {
        return switch (depth) {
            case 18 -> new int[] {2, 2, 2, 2};
            case 34, 50 -> new int[] {3, 4, 6, 3};
            case 101 -> new int[] {3, 4, 23, 3};
            case 152 -> new int[] {3, 8, 36, 3};
            default ->
                throw new IllegalArgumentException(
                        "ResNet for ImageNet: expected a depth of 18, 34, 50, 101 or 152, got " + depth);
        };
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = Pool2dOp.apply(bn1.forwardRelu(conv1.forward(x)), Pool2dSpec.Kind.MAX, 3, 2, 1, false);
        for (Sequential layer : layers) y = layer.forward(y);
        return fc.forward(GlobalAveragePoolOp.apply(y));
    }

    /** 1x1 convolution and BN, or null where the input can be added as it is. */
    private static Sequential projection(Backend backend, int in, int out, int stride) {
        if (in == out && stride == 1) return null;
        return new Sequential(backend, Padded.conv(backend, in, out, 1, stride), new BatchNorm2d(backend, out));
    }

    /** relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)). */
    private static final class BasicBlock extends NnModule {
        private final Conv2d conv1;
        private final BatchNorm2d bn1;
        private final Conv2d conv2;
        private final BatchNorm2d bn2;
        private final Sequential downsample;

        BasicBlock(Backend backend, int in, int width, int stride) {
            super(backend);
            conv1 = child("conv1", Padded.conv(backend, in, width, 3, stride));
            bn1 = child("bn1", new BatchNorm2d(backend, width));
            conv2 = child("conv2", Padded.conv(backend, width, width, 3, 1));
            bn2 = child("bn2", new BatchNorm2d(backend, width));
            downsample = projection(backend, in, width, stride);
            if (downsample != null) child("downsample", downsample);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = conv2.forward(bn1.forwardRelu(conv1.forward(x)));
            return bn2.forwardAddRelu(y, downsample == null ? x : downsample.forward(x));
        }
    }

    /** relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + shortcut(x)); 1x1, 3x3, 1x1. */
    private static final class Bottleneck extends NnModule {
        private static final int EXPANSION = 4;

        private final Conv2d conv1;
        private final BatchNorm2d bn1;
        private final Conv2d conv2;
        private final BatchNorm2d bn2;
        private final Conv2d conv3;
        private final BatchNorm2d bn3;
        private final Sequential downsample;

        Bottleneck(Backend backend, int in, int width, int stride) {
            super(backend);
            conv1 = child("conv1", Padded.conv(backend, in, width, 1, 1));
            bn1 = child("bn1", new BatchNorm2d(backend, width));
            conv2 = child("conv2", Padded.conv(backend, width, width, 3, stride));
            bn2 = child("bn2", new BatchNorm2d(backend, width));
            conv3 = child("conv3", Padded.conv(backend, width, EXPANSION * width, 1, 1));
            bn3 = child("bn3", new BatchNorm2d(backend, EXPANSION * width));
            downsample = projection(backend, in, EXPANSION * width, stride);
            if (downsample != null) child("downsample", downsample);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = bn2.forwardRelu(conv2.forward(bn1.forwardRelu(conv1.forward(x))));
            return bn3.forwardAddRelu(conv3.forward(y), downsample == null ? x : downsample.forward(x));
        }
    }
}
