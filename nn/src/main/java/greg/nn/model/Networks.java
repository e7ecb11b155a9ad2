package greg.nn.model;

import greg.kernels.Backend;
import greg.nn.Module;
import greg.nn.init.Initializer;
import greg.nn.init.Scheme;
import greg.nn.layer.Conv2d;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The architectures that can be asked for by name. */
public final class Networks {
    private static final Map<String, Entry> ENTRIES = new LinkedHashMap<>();

    /** Makes a network whose parameters are zero. */
    @FunctionalInterface
    private interface Factory {
        Module create(Backend backend, int inChannels, int imageSize, int classes);
    }

    private record Entry(ArchInfo info, Factory factory) {}

    static {
        register(
                new ArchInfo("lenet5", false, 0, 0, 28, Scheme.UNIFORM, "LeNet-5: 3 convolutions, 2 Linears, no BN"),
                LeNet5::new);
        for (int depth : new int[] {8, 14, 20, 32, 44, 56, 110}) {
            String text = "ResNet-" + depth + " for CIFAR: 3 stages of basic blocks, option-A shortcuts";
            register(
                    new ArchInfo("resnet" + depth, true, 5, 2, 4, Scheme.KAIMING_NORMAL, text),
                    (backend, in, size, classes) -> new CifarResNet(backend, depth, in, classes));
        }
        for (int depth : new int[] {11, 13, 16, 19}) {
            vgg("vgg" + depth, depth, true);
            vgg("vgg" + depth + "_nobn", depth, false);
        }
    }

    private Networks() {}

    private static void vgg(String name, int depth, boolean batchNorm) {
        String text = "VGG-" + depth + " for CIFAR, " + (batchNorm ? "with" : "without")
                + " BN: global average pooling, one Linear";
        register(
                new ArchInfo(name, false, 0, 0, 16, Scheme.KAIMING_NORMAL_ZERO_BIAS, text),
                (backend, in, size, classes) -> new Vgg(backend, Vgg.standard(depth), batchNorm, in, classes));
    }

    private static void register(ArchInfo info, Factory factory) {
        ENTRIES.put(info.name(), new Entry(info, factory));
    }

    /** All names, in the order of {@code --help}. */
    public static List<String> names() {
        return List.copyOf(ENTRIES.keySet());
    }

    /**
     * What is known of an architecture.
     *
     * @throws IllegalArgumentException for an unknown name; the message lists the known ones and the nearest
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
    public static Module create(String arch, Backend backend, int inChannels, int imageSize, int classes) {
        Entry entry = entry(arch);
        if (imageSize < entry.info.minImage() || inChannels < 1 || classes < 1) {
            throw new IllegalArgumentException("network " + arch + ": expected images of at least "
                    + entry.info.minImage() + "x" + entry.info.minImage() + ", 1 plane and 1 class, got " + imageSize
                    + "x" + imageSize + ", " + inChannels + " planes, " + classes + " classes");
        }
        return entry.factory.create(backend, inChannels, imageSize, classes);
    }

    /** As {@link #create}, initialised as the architecture's authors did. */
    public static Module createInitialized(
            String arch, Backend backend, int inChannels, int imageSize, int classes, long seed) {
        Module module = create(arch, backend, inChannels, imageSize, classes);
        Initializer.initialize(module, info(arch).scheme(), seed);
        return module;
    }

    /**
     * Input channels of every convolution but the first, which sees the image: what {@link Backend#expectChannels} asks
     * for.
     */
    public static int[] convInputChannels(Module module) {
        List<Integer> channels = new ArrayList<>();
        module.visit((path, m) -> {
            if (m instanceof Conv2d conv) {
                channels.add(conv.weight().tensor().shape().dim(1) * conv.groups());
            }
        });
        return channels.stream().skip(1).mapToInt(Integer::intValue).toArray();
    }

    private static Entry entry(String arch) {
        Entry entry = ENTRIES.get(arch);
        if (entry != null) return entry;
        String nearest = names().get(0);
        for (String name : names()) if (distance(arch, name) < distance(arch, nearest)) nearest = name;
        throw new IllegalArgumentException("unknown architecture '" + arch + "'; did you mean " + nearest + "? Known: "
                + String.join(", ", names()));
    }

    /** Levenshtein: insertions, deletions and replacements that lead from one to the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
