package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.Initializer;
import greg.nn.NnModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The architectures that can be asked for by name. */
public final class Networks {
    /** Images from this size on get the VGG for ImageNet, smaller ones that for CIFAR. */
    private static final int LARGE = 224;

    private static final Map<String, Entry> ENTRIES = new LinkedHashMap<>();

    /** Makes a network whose parameters are zero. */
    @FunctionalInterface
    private interface Factory {
        NnModule create(Backend backend, int inChannels, int imageSize, int classes);
    }

    private record Entry(ArchInfo info, Factory factory) {}

    static {
        register(new ArchInfo("lenet5", false, 0, 0, 28, "LeNet-5: 3 convolutions, 2 Linears, no BN"), LeNet5::new);
        for (int depth : new int[] {8, 14, 20, 32, 44, 56, 110}) {
            String text = "ResNet-" + depth + " for CIFAR: 3 stages of basic blocks, option-A shortcuts";
            register(
                    new ArchInfo("resnet" + depth, true, 5, 2, 4, text),
                    (backend, in, size, classes) -> new CifarResNet(backend, depth, in, classes));
        }
        for (int depth : new int[] {18, 34, 50, 101, 152}) {
            int convs = depth < 50 ? 2 : 3;
            String text = "ResNet-" + depth + " for ImageNet: 4 stages of "
                    + (convs == 2 ? "basic blocks" : "bottlenecks") + ", projection shortcuts";
            register(
                    new ArchInfo("resnet" + depth, true, 6, convs, 32, text),
                    (backend, in, size, classes) -> new ResNet(backend, depth, in, classes));
        }
        for (int[] dk : new int[][] {{16, 4}, {16, 8}, {22, 8}, {28, 10}, {40, 2}, {40, 4}}) {
            String text = "Wide ResNet-" + dk[0] + "-" + dk[1] + " for CIFAR: 3 stages, BN before convolutions";
            register(
                    new ArchInfo("wrn_" + dk[0] + "_" + dk[1], true, 5, 2, 4, text),
                    (backend, in, size, classes) -> new WideResNet(backend, dk[0], dk[1], in, classes));
        }
        for (int depth : new int[] {11, 13, 16, 19}) {
            vgg("vgg" + depth, depth, true, false);
            vgg("vgg" + depth + "_bn", depth, true, true);
            vgg("vgg" + depth + "_nobn", depth, false, false);
        }
        register(
                new ArchInfo(
                        "alexnet",
                        false,
                        0,
                        0,
                        32,
                        "AlexNet: 5 convolutions; one Linear for images below 224, three (torchvision's) from there"),
                AlexNet::new);
        register(
                new ArchInfo(
                        "mobilenet_v2",
                        true,
                        7,
                        3,
                        32,
                        "MobileNetV2: inverted residuals with depthwise convolutions; ratios best by name globs"),
                (backend, in, size, classes) -> new MobileNetV2(backend, in, classes));
        mlp("mlp_7_linear", false);
        mlp("mlp_7_relu", true);
    }

    private Networks() {}

    private static void vgg(String name, int depth, boolean smallNorm, boolean largeNorm) {
        String text = "VGG-" + depth + ", images below 224: " + (smallNorm ? "with" : "without")
                + " BN, global average pooling, one Linear; from 224: torchvision's, "
                + (largeNorm ? "with" : "without")
                + " BN, three Linears";
        register(
                new ArchInfo(name, false, 0, 0, 16, text),
                (backend, in, size, classes) -> size < LARGE
                        ? new Vgg(backend, Vgg.standard(depth), smallNorm, in, classes)
                        : new ImageNetVgg(backend, depth, largeNorm, in, size, classes));
    }

    private static void mlp(String name, boolean relu) {
        String text = "7 Linears, 100 wide, " + (relu ? "ReLU" : "nothing") + " between them";
        register(
                new ArchInfo(name, false, 0, 0, 1, text),
                (backend, in, size, classes) -> new Mlp(backend, 7, relu, in, size, classes));
    }

    private static void register(ArchInfo info, Factory factory) {
        ENTRIES.put(info.name(), new Entry(info, factory));
    }

    /** All names, in the order in which they are listed for people. */
    public static List<String> names() {
        return List.copyOf(ENTRIES.keySet());
    }

    /**
     * What is known of an architecture.
     *
     * @throws IllegalArgumentException for an unknown name; the message lists the known ones
     */
    public static ArchInfo info(String arch) {
        return entry(arch).info;
    }

    /**
     * A network with zero weights, to be loaded or {@linkplain Initializer#initialize initialised}.
     *
     * @param inChannels planes of an image
     * @param imageSize its height and width
     * @throws IllegalArgumentException for an unknown name or an image that is too small
     */
    public static NnModule create(String arch, Backend backend, int inChannels, int imageSize, int classes) {
        Entry entry = entry(arch);
        if (imageSize < entry.info.minImage() || inChannels < 1 || classes < 1) {
            throw new IllegalArgumentException("network " + arch + ": expected images of at least "
                    + entry.info.minImage() + "x" + entry.info.minImage() + ", 1 plane and 1 class, got " + imageSize
                    + "x" + imageSize + ", " + inChannels + " planes, " + classes + " classes");
        }
        return entry.factory.create(backend, inChannels, imageSize, classes);
    }

    /** As {@link #create}, initialised as the architecture's authors did. */
    public static NnModule createInitialized(
            String arch, Backend backend, int inChannels, int imageSize, int classes, long seed) {
        NnModule module = create(arch, backend, inChannels, imageSize, classes);
        Initializer.initialize(module, seed);
        return module;
    }

    private static Entry entry(String arch) {
        Entry entry = ENTRIES.get(arch);
        if (entry != null) return entry;
        throw new IllegalArgumentException(
                "unknown architecture '" + arch + "'; known are " + String.join(", ", names()));
    }
}
