package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.nn.train.Augmentation;
import greg.pruning.report.Written;
import greg.pruning.run.Recipe;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunCheckpoints;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunData;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Flags of every command that writes a run folder. */
@HelpGroup(HelpGroup.Heading.RUN)
final class RunOptions {
    @Option(
            names = {"--out", "-o"},
            paramLabel = "DIR",
            description = "Folder of the run, new or empty. Default: runs/COMMAND-ARCH-DATE.")
    Path out;

    @Option(
            names = "--force",
            description =
                    "Take a folder that is not empty; the run in it is replaced when the new one has its first checkpoint."
                            + " Default: ${DEFAULT-VALUE}.")
    boolean force;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Resume the run in this folder, from its last checkpoint and with its own flags; only"
                    + " --data, --class-path, --device, --threads, --workers, --parallel, --no-graph, --checkpoint-interval"
                    + " and --allow-nonfinite may be changed. Default: none.")
    Path resume;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Repeat the run with this config.json, or in this folder: the flags of that run, as if they were"
                            + " given; other flags override them, and --preset its recipe and what the preset sets. The folder"
                            + " is a new one. Default: none.")
    Path config;

    @Option(
            names = "--checkpoint-interval",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Time between two checkpoints within an epoch or during growth, longer if writing takes more"
                    + " than a twentieth of it; 0: after every step. Default: ${DEFAULT-VALUE}.")
    double checkpointInterval;

    @Option(
            names = "--no-graph",
            description = "On a GPU, issue every kernel of a training step one by one, instead of recording a step and"
                    + " replaying it: slower, with the same bits. Default: ${DEFAULT-VALUE}.")
    boolean noGraph;

    @Option(
            names = "--parallel",
            description = "Train with all processes that mpirun has started, each on its part of every batch, as in"
                    + " 'mpirun -n 4 greg train ... --parallel': on the processor, or on a GPU each. --batch-size is that"
                    + " of all together. Default: ${DEFAULT-VALUE}.")
    boolean parallel;

    @Option(
            names = "--sync-bn",
            description =
                    "With --parallel, normalize by the statistics of the whole batch; otherwise each process takes"
                            + " those of its part. Default: ${DEFAULT-VALUE}.")
    boolean syncBn;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fixes initial weights, order and augmentation of the images. Default: ${DEFAULT-VALUE}.")
    long seed;

    @HelpGroup(HelpGroup.Heading.DATA)
    @Option(
            names = "--augment",
            paramLabel = "KIND",
            defaultValue = "standard",
            description = "Augmentation of training images. crop: pad by 4 pixels, random crop, random left-right flip."
                    + " resized-crop: a random window with 0.08 to 1 of the image file's area and an aspect ratio of 3/4 to"
                    + " 4/3 is scaled to the image size, random left-right flip. none. standard: resized-crop for"
                    + " imagenet, crop for the others. Default: ${DEFAULT-VALUE}.")
    String augment;

    /** Checks what can be checked without looking at the folder. */
    void check() {
        Checks.notNegative("--checkpoint-interval", checkpointInterval);
        if (syncBn && !parallel && resumed == null) {
            throw new UsageException(
                    "--sync-bn: one process has the whole batch; it goes with --parallel, or leave it out");
        }
        if (force && out == null) {
            throw new UsageException(
                    "--force: without --out the run has a folder of its own; name one, or leave it out");
        }
    }

    /** The augmentation of that data set's training images. */
    Augmentation augment(DataOptions data) {
        if (augment.equals("standard")) return Recipe.augmentation(data.dataset);
        Augmentation kind = Written.constants(Augmentation.class).get(augment);
        if (kind == null) {
            throw new UsageException(
                    "--augment: expected standard, crop, resized-crop or none, got '" + augment + "'; see --help");
        }
        if (kind == Augmentation.RESIZED_CROP && !Datasets.ofImageFiles().contains(data.dataset)) {
            throw new UsageException("--augment resized-crop: expected a data set of image files (imagefolder,"
                    + " tiny-imagenet, imagenet), got " + data.dataset + "; use crop");
        }
        return kind;
    }

    /** The config.json of the run that is resumed or repeated; null for others. Not a flag. */
    JsonNode recorded;

    /** The run that is resumed; null for a new one. Not a flag: set for {@code --resume}. */
    ResumedRun resumed;

    /** Not null where the command is to check all that it can without a run, and to return then. Not a flag. */
    CheckedImages onlyChecked;

    /** The images of the run. */
    RunData images(DataOptions data, Console console) {
        return onlyChecked == null ? data.open(console) : onlyChecked.open(data, console);
    }

    /** The checkpoint to resume from; null for a new run, and for one that ended before its first. */
    RunState.Saved saved() {
        return resumed == null ? null : resumed.saved();
    }

    /** Creates the folder, or reopens that of the resumed run; the default name has command, architecture and time. */
    RunFolder reserve(String command, String arch) {
        if (resumed != null) return begins(command, resumed.folder());
        String when = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT));
        Path folder = out != null ? out : Path.of("runs", command + "-" + arch + "-" + when);
        return begins(command, RunFolder.reserve(folder, force));
    }

    private RunFolder begins(String command, RunFolder folder) {
        Interrupts.begins(command, folder.path(), saved() != null);
        return folder;
    }

    /** Writes config.json, or checks that the resumed run has the same; then the run can begin. */
    RunCheckpoints begin(RunFolder folder, Backend backend, RunConfig config, Console console) {
        Parallel.check(config);
        if (resumed != null) {
            resumed.verify(config, console);
        } else {
            String images = recorded == null ? null : config.dataset().difference(recorded);
            if (images != null) console.warn("--config: " + images + ", so its numbers are not repeated");
            folder.begin(config);
        }
        return new RunCheckpoints(folder, backend, checkpointInterval, saved(), console);
    }
}
