package greg.pruning.cli;

import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.DatasetException;
import greg.datasets.Datasets;
import greg.datasets.ImageReading;
import greg.kernels.natives.NativeFolder;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg data}: lists, downloads and checks data sets. */
@Command(
        name = "data",
        description = "Lists, downloads and checks data sets.",
        subcommands = {DataCommand.ListCommand.class, DataFetchCommand.class, DataCommand.VerifyCommand.class})
final class DataCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected a command: list, fetch, verify");
    }

    /** {@code greg data list}. */
    @Command(name = "list", description = "Lists the data sets and the folders where they are looked for.")
    static final class ListCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Mixin
        private CommonOptions common;

        @Override
        public Integer call() {
            Console console = Console.of(spec);
            for (String name : Datasets.names()) {
                boolean bundled = DataOptions.BUNDLED.contains(name);
                console.out().printf(Locale.ROOT, "%-14s %s%n", name, bundled ? "(bundled)" : Datasets.folder(name));
            }
            return 0;
        }
    }

    /** {@code greg data verify NAME}. */
    @Command(
            name = "verify",
            description =
                    "Reads a data set completely, decodes all its images, and prints those that cannot be, its sizes"
                            + " and its checksums.")
    static final class VerifyCommand implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Mixin
        private CommonOptions common;

        @Parameters(paramLabel = "NAME", description = "Data set, as 'greg data list' shows it.")
        private String name;

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "Folder of its files. Default: see 'greg data list'.")
        private Path data;

        @Option(
                names = "--image-size",
                paramLabel = "PIXELS",
                defaultValue = "0",
                description = "As in a run, whose checksums are printed then; images of several sizes need one."
                        + " Default: ${DEFAULT-VALUE}, the data set's usual size.")
        private int imageSize;

        @Override
        public Integer call() {
            DataOptions.checkName("", name);
            DataOptions.checkFolder(name, data);
            Checks.between("--image-size", 0, DataOptions.MOST_PIXELS, imageSize);
            Console console = Console.of(spec);
            ConsoleImageCheck images = new ConsoleImageCheck(console, true, console.out()::println);
            NativeFolder.useForLoaders(); // looking for libjpeg-turbo starts JNA
            DataSplit split = Datasets.open(name, data, imageSize, new ImageReading(images, 0, false));
            print(split.train());
            print(split.test());
            if (images.count() == 0) return 0;
            throw new DatasetException("data verify " + name + ": " + images.counted()
                    + " cannot be used; replace or remove what is listed, or leave it out of a run with the setting"
                    + " skipBadImages");
        }

        private void print(Dataset part) {
            Console.of(spec)
                    .out()
                    .printf(
                            Locale.ROOT,
                            "%s: %d images, %d classes, %dx%dx%d, %s%n",
                            part.name(),
                            part.size(),
                            part.shape().classes(),
                            part.shape().height(),
                            part.shape().width(),
                            part.shape().channels(),
                            part.checksum());
        }
    }
}
