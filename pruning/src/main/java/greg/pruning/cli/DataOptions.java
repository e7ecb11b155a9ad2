package greg.pruning.cli;

import greg.datasets.DataSplit;
import greg.datasets.Datasets;
import greg.datasets.ImageReading;
import greg.datasets.Normalization;
import greg.kernels.natives.NativeFolder;
import greg.nn.io.Checkpoint;
import greg.pruning.graph.NearestName;
import greg.pruning.report.Setting;
import greg.pruning.run.RunData;
import greg.pruning.run.TrainedOn;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which images. */
@HelpGroup(HelpGroup.Heading.DATA)
final class DataOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Data sets without files. */
    static final Set<String> BUNDLED = Set.of(Datasets.DEFAULT, "synthetic");
    /** Data sets whose images have the size that is asked for. */
    private static final List<String> SCALED = Stream.concat(Datasets.ofImageFiles().stream(), Stream.of("synthetic"))
            .toList();
    /** As the reader of image files has it. */
    static final int MOST_PIXELS = 16384;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            defaultValue = Datasets.DEFAULT,
            description = "Data set; 'greg data list' shows the known ones. Default: the one that --weights says it was"
                    + " trained on; else ${DEFAULT-VALUE}.")
    String dataset;

    @Option(
            names = {"--data", "--data-path"},
            paramLabel = "DIR",
            description = "Folder of its files. Default: NAME under $GREG_DATA or ~/.greg/data.")
    Path data;

    @Option(
            names = "--image-size",
            paramLabel = "PIXELS",
            defaultValue = "0",
            description = "Side to which images of imagefolder, tiny-imagenet and imagenet are scaled, and that of"
                    + " synthetic images; 0: the data set's usual one. Default: as --weights says; else"
                    + " ${DEFAULT-VALUE}.")
    int imageSize;

    @Option(
            names = "--skip-bad-images",
            description =
                    "Decodes all images of imagefolder, tiny-imagenet or imagenet before the start and leaves out those"
                            + " that cannot be decoded. Default: ${DEFAULT-VALUE}, the first such image ends the run.")
    boolean skipBadImages;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Threads that read and decode image files ahead; the images do not depend on it. 0: one per core."
                            + " Default: ${DEFAULT-VALUE}.")
    int workers;

    @Option(
            names = "--fast-decode",
            description =
                    "Decodes JPEG files at 1/2, 1/4 or 1/8 of their size where they, or the windows cut out of them,"
                            + " are scaled to something smaller still. Faster for large photographs, slightly other pixels; needs"
                            + " libjpeg-turbo. Default: ${DEFAULT-VALUE}.")
    boolean fastDecode;

    @Option(
            names = "--mean",
            paramLabel = "M[,M,M]",
            description =
                    "Mean of each plane on the scale 0..1, subtracted from the image. Default: as --weights says; else"
                            + " the data set's own.")
    String mean;

    @Option(
            names = "--std",
            paramLabel = "S[,S,S]",
            description =
                    "Standard deviation of each plane on the scale 0..1, divides the image. Default: as --weights says;"
                            + " else the data set's own.")
    String std;

    /** Whether something else than a flag names the data set. */
    private boolean named;

    /** That of the weights, where no flag says otherwise; else null. */
    private Normalization trained;

    /** What was taken from the weights. */
    private final Set<Setting> followed = EnumSet.noneOf(Setting.class);

    /** What was taken from the weights' file, where no flag says otherwise. */
    Set<Setting> followed() {
        return followed;
    }

    /** The images' size in pixels, or 0 where only the files tell. */
    int knownImageSize() {
        if (imageSize > 0) return imageSize;
        return Datasets.shaped().contains(dataset) ? Datasets.shape(dataset).height() : 0;
    }

    /** Whether a flag was given. */
    boolean given(String flag) {
        return command.commandLine().getParseResult().hasMatchedOption(flag);
    }

    /** Uses a data set although no flag names it. */
    void name(String name) {
        dataset = name;
        named = true;
    }

    /**
     * Uses the images that a network was trained on, as far as its file tells and no flag says otherwise. Where one does, that is
     * said in one line.
     *
     * @param checkpoint with the network, or null
     */
    void follow(Checkpoint checkpoint, Console console) {
        TrainedOn weights = checkpoint == null ? null : TrainedOn.read(checkpoint);
        if (weights == null) return;
        List<String> then = new ArrayList<>();
        List<String> now = new ArrayList<>();
        if (!named && !given("--dataset")) {
            dataset = weights.dataset();
            followed.add(Setting.DATASET);
        } else if (!dataset.equals(weights.dataset())) {
            then.add("--dataset " + weights.dataset());
            now.add("--dataset " + dataset);
        }
        if (!given("--image-size")) {
            if (SCALED.contains(dataset) && weights.imageSize() > 0) {
                imageSize = weights.imageSize();
                followed.add(Setting.IMAGE_SIZE);
            }
        } else if (imageSize != weights.imageSize()) {
            then.add("--image-size " + weights.imageSize());
            now.add("--image-size " + imageSize);
        }
        if (mean == null || std == null) {
            trained = weights.normalization();
        } else if (!normalization(0).equals(weights.normalization())) {
            then.add(flags(weights.normalization()));
            now.add(flags(normalization(0)));
        }
        if (then.isEmpty()) return;
        console.warn(checkpoint.file() + " was trained with " + String.join(" ", then) + ", now it gets "
                + String.join(" ", now));
    }

    /** Says that a network was trained on another data set than is named, if that is known; {@code checkpoint} may be null. */
    static void warnOfOther(Checkpoint checkpoint, String dataset, Console console) {
        TrainedOn weights = checkpoint == null ? null : TrainedOn.read(checkpoint);
        if (weights == null || weights.dataset().equals(dataset)) return;
        console.warn(checkpoint.file() + " was trained with --dataset " + weights.dataset() + ", now it gets --dataset "
                + dataset);
    }

    private static String flags(Normalization values) {
        return "--mean " + TrainedOn.text(values.mean()) + " --std " + TrainedOn.text(values.std());
    }

    /** Checks what can be checked without reading a file. */
    void check() {
        Checks.between("--image-size", 0, MOST_PIXELS, imageSize);
        if ((mean == null) != (std == null)) throw new UsageException("--mean and --std: give both or neither");
        if (mean != null) normalization(0);
        checkName("--dataset: ", dataset);
        checkFolder(dataset, data);
        Checks.between("--workers", 0, ImageReading.MOST_WORKERS, workers);
        if (skipBadImages) checkImageFiles("--skip-bad-images");
        if (fastDecode) checkImageFiles("--fast-decode");
    }

    /** Refuses a flag about image files for a data set that has none. */
    private void checkImageFiles(String flag) {
        if (Datasets.ofImageFiles().contains(dataset)) return;
        throw new UsageException(flag + ": " + dataset + " has no image files; leave it out, or choose "
                + String.join(", ", Datasets.ofImageFiles()));
    }

    /** Refuses a folder for a data set that has no files. */
    static void checkFolder(String name, Path folder) {
        if (folder == null || !BUNDLED.contains(name)) return;
        throw new UsageException("--data: " + name + " is part of greg and has no files; leave it out");
    }

    /** Refuses an unknown data set. */
    static void checkName(String where, String name) {
        if (Datasets.names().contains(name)) return;
        throw new UsageException(where + "unknown data set '" + name + "'" + NearestName.hint(name, Datasets.names())
                + "; known are " + String.join(", ", Datasets.names()));
    }

    /** Refuses a data set whose image size is not known without its files. */
    static void checkShaped(String name) {
        if (Datasets.shaped().contains(name)) return;
        throw new UsageException(
                "--dataset: expected one of " + String.join(", ", Datasets.shaped()) + ", got '" + name + "'");
    }

    /** All that decides which images {@link #open} gives. */
    List<Object> ofImages() {
        return Arrays.asList(dataset, data, imageSize, skipBadImages, fastDecode, mean, std, trained);
    }

    /** Reads the data set; says how many images are left out. */
    RunData open(Console console) {
        check();
        ConsoleImageCheck images = new ConsoleImageCheck(console, skipBadImages, line -> {});
        if (Datasets.ofImageFiles().contains(dataset)) {
            NativeFolder.useForLoaders(); // looking for libjpeg-turbo starts JNA
            console.say("%s: JPEG files are decoded by %s", dataset, Datasets.jpegDecoder());
        }
        DataSplit split = Datasets.open(dataset, data, imageSize, new ImageReading(images, workers, fastDecode));
        if (images.count() > 0) {
            console.warn("left out " + images.counted() + " that cannot be used, the first is " + images.first()
                    + "; 'greg data verify' lists them");
        }
        int channels = split.train().shape().channels();
        Normalization defaults = split.train().normalization();
        boolean others = mean == null && trained != null && !trained.equals(defaults);
        if (others && trained.channels() == channels) { // config.json has them as if flags had given them
            mean = TrainedOn.text(trained.mean());
            std = TrainedOn.text(trained.std());
            followed.addAll(List.of(Setting.MEAN, Setting.STD));
        }
        return new RunData(dataset, imageSize, split, mean == null ? defaults : normalization(channels), fastDecode);
    }

    private Normalization normalization(int channels) {
        float[] means = numbers("--mean", mean);
        float[] stds = numbers("--std", std);
        if (means.length != stds.length || channels > 0 && means.length != channels) {
            throw new UsageException(
                    "--mean and --std: expected " + (channels > 0 ? channels + " values" : "as many values")
                            + " each, one per plane, got " + means.length + " and " + stds.length);
        }
        return Normalization.of(means, stds);
    }

    private static float[] numbers(String flag, String text) {
        String[] parts = text.split(",", -1);
        float[] values = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                values[i] = Float.parseFloat(parts[i].trim());
            } catch (NumberFormatException e) {
                throw new UsageException(flag + ": cannot read '" + text
                        + "'; expected numbers separated by commas, as in 0.485,0.456,0.406");
            }
        }
        return values;
    }
}
