package greg.pruning.cli;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import picocli.CommandLine.Option;

/** Flags of every command that leaves a run folder. */
final class RunOptions {
    @Option(
            names = {"--out", "-o"},
            paramLabel = "DIR",
            description = "Folder of the run, new or empty. Default: runs/COMMAND-ARCH-DATE.")
    Path out;

    @Option(
            names = "--force",
            description = "Overwrite the run in a folder that is not empty. Default: ${DEFAULT-VALUE}.")
    boolean force;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fixes initial weights, order and augmentation of the images. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(
            names = "--augment",
            paramLabel = "KIND",
            defaultValue = "standard",
            description = "standard (pad by 4 pixels, random crop, random left-right flip) or none. Default:"
                    + " ${DEFAULT-VALUE}.")
    String augment;

    boolean augment() {
        return switch (augment) {
            case "standard" -> true;
            case "none" -> false;
            default -> throw new UsageException("--augment: expected standard or none, got '" + augment + "'");
        };
    }

    /** Makes the folder; the default name says what and when. */
    RunFolder reserve(String command, String arch) {
        String when = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
        Path folder = out != null ? out : Path.of("runs", command + "-" + arch + "-" + when);
        return RunFolder.reserve(folder, force);
    }
}
