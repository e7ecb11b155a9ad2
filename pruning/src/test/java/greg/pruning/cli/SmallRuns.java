package greg.pruning.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs of a LeNet-5 on a few images, for tests outside of this package. */
public final class SmallRuns {
    private SmallRuns() {}

    /** The images, made on the first call. */
    private static Path images(Path folder) throws IOException {
        Path images = folder.resolve("mnist");
        return Files.exists(images) ? images : TinyData.mnist(images);
    }

    /**
     * A command that trains or prunes from scratch in a second, and saves after every step.
     *
     * @param folder where its images are; its run is {@code out}
     * @param more further flags
     */
    public static List<String> command(String command, Path folder, Path out, String... more) {
        List<String> args = new ArrayList<>(List.of(command, "--arch", "lenet5", "--dataset", "mnist"));
        try {
            args.addAll(List.of("--data", images(folder).toString(), "--out", out.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        args.addAll(List.of("--device", ResumeTest.DEVICE, "--threads", "1", "--augment", "none", "--batch-size", "8"));
        args.addAll(List.of("--checkpoint-interval", "0", "--epochs", "2"));
        if (command.equals("prune")) {
            if (!List.of(more).contains("--stage-pr")) args.addAll(List.of("--stage-pr", "conv1:0.5,conv2:0.5"));
            args.addAll(List.of("--base-epochs", "1", "--base-lr", "0.05"));
            args.addAll(List.of("--lr-ft", "0.01", "--batch-size-prune", "8", "--update-reg-interval", "2"));
            args.addAll(List.of("--stabilize-reg-interval", "3", "--reg-upper-limit", "1"));
            args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
            args.addAll(List.of("--reg-granularity-prune", "0.25"));
        } else {
            args.addAll(List.of("--lr", "0.05"));
        }
        args.addAll(List.of(more));
        return args;
    }

    /**
     * Runs a command in this process; throws if it does not end as expected.
     *
     * @param steps after how many it is interrupted; 0: not at all
     */
    public static void run(List<String> command, int steps) {
        Interrupts.pretend(steps);
        try {
            Cli run = Cli.run(command.toArray(new String[0]));
            int expected = steps == 0 ? 0 : Failures.INTERRUPTED;
            if (run.code() != expected) throw new IllegalStateException(run.code() + ": " + run.err());
        } finally {
            Interrupts.pretend(0);
        }
    }

    /** The same files, networks to the bit, the same numbers in report and metrics; only times may differ. */
    public static void assertSame(Path expected, Path actual) throws IOException {
        RunFolders.assertSame(expected, actual);
    }
}
