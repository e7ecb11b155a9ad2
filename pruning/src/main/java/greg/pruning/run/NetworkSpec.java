package greg.pruning.run;

import greg.datasets.ImageShape;
import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.SettingException;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
import greg.nn.io.Checkpoints;
import greg.nn.io.Safetensors;
import greg.nn.model.Networks;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What it takes to build a network before its weights can be loaded; files written by greg carry it as metadata.
 *
 * @param arch name of the network
 * @param channels planes of an image
 * @param imageSize its height and width
 * @param classes outputs
 * @param plan what was pruned, relative to the full architecture
 */
public record NetworkSpec(String arch, int channels, int imageSize, int classes, PruningPlan plan) {
    /** Planes, side of an image, classes: more than any network here has, and few enough to build it once. */
    private static final int MOST = 1 << 16;

    private static final List<String> IN_RUN_FOLDER = List.of(PruneRun.PRUNED, RunFiles.BEST, RunFiles.LATEST);

    /**
     * The unpruned architecture for images of this kind.
     *
     * @throws IllegalArgumentException if it is not greg's, and cannot be made for them
     */
    public static NetworkSpec of(String arch, ImageShape images) {
        NetworkSpec spec =
                new NetworkSpec(arch, images.channels(), images.height(), images.classes(), PruningPlan.none());
        UserCode.tryOut(spec);
        return spec;
    }

    /** The same architecture after it was pruned. */
    public NetworkSpec pruned(PruningPlan by) {
        return new NetworkSpec(arch, channels, imageSize, classes, by);
    }

    /** The architecture before anything was pruned. */
    public NetworkSpec full() {
        return pruned(PruningPlan.none());
    }

    /** True if something was removed or masked. */
    public boolean isPruned() {
        return !plan.isEmpty();
    }

    /** One image, (1, C, H, W). */
    public Shape image() {
        return Shape.of(1, channels, imageSize, imageSize);
    }

    /** The network with zero weights, cut or masked where the plan says so. */
    public NnModule build(Backend backend) {
        NnModule network = Networks.create(arch, backend, channels, imageSize, classes);
        plan.apply(network);
        return network;
    }

    /** Writes weights, masks and everything needed to build the network again. */
    public void save(Path file, NnModule network) {
        Safetensors.write(file, state(network), metadata());
    }

    /** Weights and masks. */
    public StateDict state(NnModule network) {
        StateDict state = StateDict.of(network);
        plan.addTo(state);
        return state;
    }

    /** What {@link #of(Checkpoint, String, ImageShape)} reads back. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "greg");
        metadata.put("version", Version.number());
        metadata.put("arch", arch);
        metadata.put("channels", Integer.toString(channels));
        metadata.put("image_size", Integer.toString(imageSize));
        metadata.put("classes", Integer.toString(classes));
        plan.addTo(metadata);
        return metadata;
    }

    /**
     * Reads weights: a checkpoint file, or a run folder, whose best network is taken.
     *
     * @param allowNonFinite take also weights that are {@linkplain StateDict#unusable unusable}, to look at them
     * @throws CheckpointException if the file cannot be read, or is unusable
     */
    public static Checkpoint read(Path weights, boolean allowNonFinite) {
        return allowNonFinite
                ? file("weights", weights)
                : usable(
                        file("weights", weights),
                        "use another checkpoint, or look at this one with the setting" + " allowNonfinite");
    }

    /** As above, for another setting than {@code weights}. */
    public static Checkpoint read(String setting, Path weights) {
        return usable(file(setting, weights), "use another run");
    }

    private static Checkpoint usable(Checkpoint checkpoint, String remedy) {
        String unusable = checkpoint.state().unusable();
        if (unusable == null) return checkpoint;
        throw new CheckpointException(checkpoint.file() + ": " + unusable + "; " + remedy);
    }

    private static Checkpoint file(String setting, Path weights) {
        if (!Files.isDirectory(weights)) return Checkpoints.load(weights);
        RunFolder.settle(weights);
        for (String name : IN_RUN_FOLDER) {
            if (Files.isRegularFile(weights.resolve(name))) return Checkpoints.load(weights.resolve(name));
        }
        throw new RunException(setting + ": " + weights + " is a folder with none of "
                + String.join(", ", IN_RUN_FOLDER) + " in it; name a checkpoint file or the folder of a run");
    }

    /**
     * The network that a checkpoint is to be loaded into: from its metadata, or from the arguments for files of other
     * programs.
     *
     * @param arch as requested, or null
     */
    public static NetworkSpec of(Checkpoint checkpoint, String arch, ImageShape images) {
        Map<String, String> metadata = checkpoint.metadata();
        String storedArch = metadata.get("arch");
        if (storedArch == null && arch == null) {
            throw SettingException.missing("arch", checkpoint.file() + " does not say its architecture");
        }
        if (storedArch == null) return of(arch, images);
        NetworkSpec stored = stored(checkpoint, arch);
        boolean fits = stored.channels == images.channels() && stored.classes == images.classes();
        if (!fits) {
            throw new UsageException(checkpoint.file() + " was made for " + stored.channels + " planes and "
                    + stored.classes + " classes, the data set has " + images.channels() + " and " + images.classes());
        }
        return stored;
    }

    /** True if the file was written by greg, and so says what network it holds. */
    public static boolean isOurs(Checkpoint checkpoint) {
        return checkpoint.metadata().containsKey("arch");
    }

    /**
     * The network in a file written by greg.
     *
     * @param arch as requested, or null; SettingException if the file has another
     */
    public static NetworkSpec stored(Checkpoint checkpoint, String arch) {
        NetworkSpec stored = stored(checkpoint);
        if (arch != null && !stored.arch.equals(arch)) {
            throw SettingException.of(
                    "arch",
                    arch,
                    checkpoint.file() + " holds a " + stored.arch + "; leave out the setting arch, or give that one");
        }
        return stored;
    }

    /** As above, for any architecture. */
    public static NetworkSpec stored(Checkpoint checkpoint) {
        Map<String, String> metadata = checkpoint.metadata();
        if (!isOurs(checkpoint)) {
            throw new UsageException(
                    checkpoint.file() + " was not written by greg: it does not say what network it holds");
        }
        String arch = metadata.get("arch");
        if (!Networks.isKnown(arch)) {
            throw new UsageException(checkpoint.file() + " holds a " + arch + ", which is none of greg's networks;"
                    + " name the jar with its class in the setting classPath");
        }
        try {
            NetworkSpec stored = new NetworkSpec(
                    arch,
                    number(checkpoint, "channels"),
                    number(checkpoint, "image_size"),
                    number(checkpoint, "classes"),
                    PruningPlan.read(checkpoint.state(), metadata));
            stored.compare(checkpoint.state());
            return stored;
        } catch (IllegalArgumentException | ArithmeticException e) {
            String remedy = Networks.isOurs(arch)
                    ? "the file is damaged, use another checkpoint"
                    : "the class is not the one that the network was saved from, or the file is damaged";
            throw new CheckpointException(
                    checkpoint.file() + ": its metadata do not describe the network in it (" + e.getMessage() + "); "
                            + remedy,
                    e);
        }
    }

    /** Builds the network without memory and compares names and shapes, before memory is taken for what metadata say. */
    private void compare(StateDict state) {
        try (DryBackend dry = new DryBackend()) {
            try (NnModule whole = full().build(dry)) {
                if (whole.parameterCount() > Integer.MAX_VALUE) {
                    throw new IllegalArgumentException("it would have " + whole.parameterCount() + " parameters");
                }
            }
            try (NnModule network = build(dry)) {
                PruningPlan.weights(state).loadInto(network, true);
            }
        }
        UserCode.tryOut(this);
    }

    private static int number(Checkpoint checkpoint, String key) {
        String value = checkpoint.metadata().get(key);
        try {
            int number = Integer.parseInt(value);
            if (number >= 1 && number <= MOST) return number;
        } catch (NumberFormatException e) {
            // as if it were out of range
        }
        throw new RunException(checkpoint.file() + ": its metadata has " + key + " = " + value
                + ", expected a number from 1 to " + MOST + "; the file is damaged, use another checkpoint");
    }

    /** Builds the network and loads the weights, whose values were checked when they were read. */
    public NnModule load(Backend backend, Checkpoint checkpoint) {
        NnModule network = build(backend);
        try {
            PruningPlan.weights(checkpoint.state()).loadInto(network, true);
        } catch (IllegalArgumentException e) {
            network.close();
            throw new UsageException(checkpoint.file() + " does not fit arch = " + arch + ": " + e.getMessage());
        }
        return network;
    }

    /** Refuses weights that do not fit the network, as {@link #load} does, without computing anything. */
    public void check(Checkpoint checkpoint) {
        try (DryBackend dry = new DryBackend()) {
            load(dry, checkpoint).close();
        }
    }

    /** A network before its first step: with {@code weights}, or if they are null with its authors' initial values. */
    public NnModule fresh(Backend backend, Checkpoint weights, long seed) {
        if (weights != null) {
            NnModule network = load(backend, weights);
            Initializer.seedDropout(network, seed);
            return network;
        }
        NnModule network = build(backend);
        Initializer.initialize(network, seed);
        return network;
    }
}
