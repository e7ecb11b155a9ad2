package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.Initializer;
import greg.nn.NnModule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The architectures that can be created by name: greg's own, those of {@link NetworkProvider}s, and any public class that
 * extends {@link NnModule} by its name, if it has a public constructor {@code (Backend backend, int inChannels, int imageSize,
 * int classes)} or, for images of one kind, {@code (Backend backend)}. What is not greg's is looked for by the {@linkplain
 * Thread#getContextClassLoader context class loader} of the thread.
 */
public final class Networks {
    /** Images from this size on get the VGG for ImageNet, smaller ones that for CIFAR. */
    private static final int LARGE = 224;

    private static final Map<String, Entry> ENTRIES = new LinkedHashMap<>();

    /** Makes a network whose parameters are zero. */
    @FunctionalInterface
    private interface Factory {
        NnModule create(Backend backend, int inChannels, int imageSize, int classes);
    }

    /** A network and the smallest height and width of its images. */
    private record Entry(int minImage, Factory factory) {}

    static {
        register("lenet5", 28, LeNet5::new);
        for (int depth : new int[] {8, 14, 20, 32, 44, 56, 110}) {
            register("resnet" + depth, 4, (backend, in, size, classes) -> new CifarResNet(backend, depth, in, classes));
        }
        for (int depth : new int[] {18, 34, 50, 101, 152}) {
            register("resnet" + depth, 32, (backend, in, size, classes) -> new ResNet(backend, depth, in, classes));
        }
        for (int[] dk : new int[][] {{16, 4}, {16, 8}, {22, 8}, {28, 10}, {40, 2}, {40, 4}}) {
            register(
                    "wrn_" + dk[0] + "_" + dk[1],
                    4,
                    (backend, in, size, classes) -> new WideResNet(backend, dk[0], dk[1], in, classes));
        }
        for (int depth : new int[] {11, 13, 16, 19}) {
            vgg("vgg" + depth, depth, true, false);
            vgg("vgg" + depth + "_bn", depth, true, true);
            vgg("vgg" + depth + "_nobn", depth, false, false);
        }
        register("alexnet", 32, AlexNet::new);
        register("mobilenet_v2", 32, (backend, in, size, classes) -> new MobileNetV2(backend, in, classes));
        mlp("mlp_7_linear", false);
        mlp("mlp_7_relu", true);
    }

    private Networks() {}

    /** Small images get the VGG with one Linear, with BN or without; large ones torchvision's, with its own choice. */
    private static void vgg(String name, int depth, boolean smallNorm, boolean largeNorm) {
        register(
                name,
                16,
                (backend, in, size, classes) -> size < LARGE
                        ? new Vgg(backend, Vgg.standard(depth), smallNorm, in, classes)
                        : new ImageNetVgg(backend, depth, largeNorm, in, size, classes));
    }

    private static void mlp(String name, boolean relu) {
        register(name, 1, (backend, in, size, classes) -> new Mlp(backend, 7, relu, in, size, classes));
    }

    private static void register(String name, int minImage, Factory factory) {
        ENTRIES.put(name, new Entry(minImage, factory));
    }

    /**
     * All names, in the order in which they are listed to users; classes have none but their own.
     *
     * @throws IllegalArgumentException if a provider cannot be used
     */
    public static List<String> names() {
        List<String> names = new ArrayList<>(ENTRIES.keySet());
        UserNetwork.providers(ENTRIES.keySet()).forEach(provider -> names.add(provider.name()));
        return names;
    }

    /** Whether a name is that of one of greg's own networks. */
    public static boolean isOurs(String arch) {
        return ENTRIES.containsKey(arch);
    }

    /**
     * Whether there is a network of that name. Providers are asked for theirs; of a class no code runs.
     *
     * @throws IllegalArgumentException if there is, but no such network can be made
     */
    public static boolean isKnown(String arch) {
        return isOurs(arch) || UserNetwork.find(arch, ENTRIES.keySet()) != null;
    }

    /** The class of a network that is not greg's, or that of its provider. */
    public static Class<?> userCode(String arch) {
        return user(arch).code();
    }

    /**
     * A network with zero weights, to be loaded or {@linkplain Initializer#initialize initialised}.
     *
     * @param inChannels channels of an image
     * @param imageSize its height and width
     * @throws IllegalArgumentException for an unknown name, an image that is too small, or a class that cannot be made
     */
    public static NnModule create(String arch, Backend backend, int inChannels, int imageSize, int classes) {
        Entry entry = entry(arch);
        if (imageSize < entry.minImage || inChannels < 1 || classes < 1) {
            throw new IllegalArgumentException("network " + arch + ": expected images of at least "
                    + entry.minImage + "x" + entry.minImage + ", 1 channel and 1 class, got " + imageSize
                    + "x" + imageSize + ", " + inChannels + " channels, " + classes + " classes");
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
        return isOurs(arch) ? ENTRIES.get(arch) : new Entry(1, user(arch)::create);
    }

    private static UserNetwork user(String arch) {
        UserNetwork user = UserNetwork.find(arch, ENTRIES.keySet());
        if (user != null) return user;
        throw new IllegalArgumentException(
                "unknown architecture '" + arch + "'; known are " + String.join(", ", names()));
    }
}
