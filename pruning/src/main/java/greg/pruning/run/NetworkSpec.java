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
import greg.nn.train.Score;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What it takes to build a network before its weights can be loaded; files written by greg carry it as metadata.
 *
 * @param arch name of the network
 * @param channels planes of an image
 * @param imageSize its height and width
 * @param classes outputs
 * @param plan what was pruned, relative to the full architecture
 * @param trainedOn the images that it was trained on, or null where that is not known
 */
public record NetworkSpec(
        String arch, int channels, int imageSize, int classes, PruningPlan plan, TrainedOn trainedOn) {
    /** Planes, side of an image, classes: more than any network here has, and few enough to build it once. */
    private static final int MOST = 1 << 16;

    /** The key by which files are known to be greg's own. */
    private static final String FORMAT = "format";

    private static final String ARCH = "arch";

    /** The key by which files are known that greg wrote for other programs; its value is {@link #GREG}. */
    public static final String PRODUCER = "producer";

    /** Who wrote a file. */
    public static final String GREG = "greg";

    /** Refuses a normalization of images with another number of planes. */
    public NetworkSpec {
        if (trainedOn != null && trainedOn.normalization().channels() != channels) {
            throw new IllegalArgumentException("network: expected mean and standard deviation of " + channels
                    + " planes, got " + trainedOn.normalization());
        }
    }

    /**
     * The unpruned architecture for images of this kind.
     *
     * @throws IllegalArgumentException if it is not greg's, and cannot be made for them
     */
    public static NetworkSpec of(String arch, ImageShape images) {
        NetworkSpec spec =
                new NetworkSpec(arch, images.channels(), images.height(), images.classes(), PruningPlan.none(), null);
        UserCode.tryOut(spec);
        return spec;
    }

    /** The same architecture after it was pruned. */
    public NetworkSpec pruned(PruningPlan by) {
        return new NetworkSpec(arch, channels, imageSize, classes, by, trainedOn);
    }

    /** The same network, trained on the images of a run from now on. */
    public NetworkSpec trainedOn(RunData data) {
        return new NetworkSpec(arch, channels, imageSize, classes, plan, TrainedOn.of(data));
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

    /** As above, with its accuracy, by which the best network of a run is found. */
    void save(Path file, NnModule network, Score score) {
        Map<String, String> metadata = metadata();
        BestNetwork.note(score, metadata);
        Safetensors.write(file, state(network), metadata);
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
        metadata.put(FORMAT, GREG);
        metadata.put("version", Version.number());
        metadata.put(ARCH, arch);
        metadata.put("channels", Integer.toString(channels));
        metadata.put("image_size", Integer.toString(imageSize));
        metadata.put("classes", Integer.toString(classes));
        if (trainedOn != null) metadata.putAll(trainedOn.metadata());
        plan.addTo(metadata);
        return metadata;
    }

    /**
     * Reads weights: a checkpoint file, or a run folder, whose best network is taken.
     *
     * @param allowNonFinite take also weights that are {@linkplain StateDict#unusable unusable}, to look at them
     * @param monitor told which network of a folder is taken
     * @throws CheckpointException if the file cannot be read, or is unusable
     */
    public static Checkpoint read(Path weights, boolean allowNonFinite, RunMonitor monitor) {
        Path file = weights;
        if (Files.isDirectory(weights)) {
            BestNetwork best = BestNetwork.in("weights", weights);
            monitor.say("%s: taking %s", weights, best);
            file = weights.resolve(best.name());
        }
        Checkpoint checkpoint = Checkpoints.load(file);
        return allowNonFinite
                ? checkpoint
                : usable(checkpoint, "use another checkpoint, or look at this one with the setting allowNonfinite");
    }

    /** As above, for another setting than {@code weights} and without a word. */
    public static Checkpoint read(String setting, Path run) {
        Path file = Files.isDirectory(run)
                ? run.resolve(BestNetwork.in(setting, run).name())
                : run;
        return usable(Checkpoints.load(file), "use another run");
    }

    private static Checkpoint usable(Checkpoint checkpoint, String remedy) {
        String unusable = checkpoint.state().unusable();
        if (unusable == null) return checkpoint;
        throw new CheckpointException(checkpoint.file() + ": " + unusable + "; " + remedy);
    }

    /**
     * The network that a checkpoint is to be loaded into: from its metadata, or from the arguments for files of other
     * programs, which may say their architecture by its name here.
     *
     * @param arch as requested, or null
     */
    public static NetworkSpec of(Checkpoint checkpoint, String arch, ImageShape images) {
        String storedArch = checkpoint.metadata().get(ARCH);
        if (!isOurs(checkpoint)) {
            if (arch != null) return of(arch, images);
            if (storedArch != null && Networks.names().contains(storedArch)) return of(storedArch, images);
            throw SettingException.missing("arch", checkpoint.file() + " does not say its architecture");
        }
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
        Map<String, String> metadata = checkpoint.metadata();
        return GREG.equals(metadata.get(FORMAT)) && metadata.containsKey(ARCH);
    }

    /** As {@link #isOurs}, or exported for other programs. */
    static boolean isByGreg(Checkpoint checkpoint) {
        return isOurs(checkpoint) || GREG.equals(checkpoint.metadata().get(PRODUCER));
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
        String arch = metadata.get(ARCH);
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
                    PruningPlan.read(checkpoint.state(), metadata),
                    TrainedOn.read(checkpoint));
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
        StateDict weights = PruningPlan.weights(checkpoint.state());
        String misfit = weights.misfit(network);
        if (misfit != null) {
            network.close();
            throw new UsageException(checkpoint.file() + " does not fit arch = " + arch + ": " + misfit);
        }
        weights.loadInto(network, true);
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
