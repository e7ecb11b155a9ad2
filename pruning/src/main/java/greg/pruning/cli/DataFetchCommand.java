package greg.pruning.cli;

import greg.datasets.Datasets;
import greg.datasets.fetch.Download;
import greg.datasets.fetch.Source;
import greg.pruning.graph.NearestName;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code greg data fetch NAME}. */
@Command(
        name = "fetch",
        description = {
            "Downloads a data set from its authors' site, checks it and unpacks it. Calling it again resumes an"
                    + " interrupted download.",
            "Names: cifar10, cifar100, fashion-mnist, mnist, tiny-imagenet."
        })
final class DataFetchCommand implements Callable<Integer> {
    private static final int MEGA = 1_000_000;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "NAME", description = "Data set.")
    private String name;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder to put it in. Default: see 'greg data list'.")
    private Path data;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description =
                    "Address of a web folder with the same files, used instead of the authors' site. Default: none.")
    private String mirror;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        if (!Datasets.names().contains(name)) {
            throw new UsageException("data fetch " + name + ": unknown data set"
                    + NearestName.hint(name, Source.names()) + "; can be fetched: "
                    + String.join(", ", Source.names()));
        }
        Source source = Source.of(name);
        Path folder = data != null ? data : Datasets.folder(name);
        URI from = mirror();
        if (source.isIn(folder)) {
            console.out().printf(Locale.ROOT, "%s is already in %s%n", name, folder);
            return 0;
        }
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new UsageException("--data " + folder + ": expected a folder, this is a file");
        }
        boolean isNew = !Files.exists(folder);
        try {
            source.fetch(folder, new Download(from, new Reporter(console)));
        } catch (RuntimeException e) {
            if (isNew) removeEmpty(folder);
            throw e;
        }
        console.out()
                .printf(
                        Locale.ROOT,
                        "%s is in %s; check it with: greg data verify %s%s%n",
                        name,
                        folder,
                        name,
                        data == null ? "" : " --data " + data);
        return 0;
    }

    /** What was downloaded stays: calling again resumes it. */
    private static void removeEmpty(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // it is not empty; the error that led here says more
        }
    }

    private URI mirror() {
        if (mirror == null) return null;
        try {
            URI address = new URI(mirror.endsWith("/") ? mirror : mirror + "/");
            if (address.getHost() != null && address.getScheme().matches("https?")) return address;
        } catch (URISyntaxException e) {
            // reported below with the whole text, which says more than the parser's message
        }
        throw new UsageException("--mirror: expected an address that starts with http, got '" + mirror + "'");
    }

    /** A line for every tenth of a file: downloads are often watched through a log. */
    private static final class Reporter implements Download.Progress {
        private final Console console;
        private String file = "";
        private long lastStep = -1;

        Reporter(Console console) {
            this.console = console;
        }

        @Override
        public void at(String current, long done, long total) {
            if (!current.equals(file)) lastStep = -1;
            file = current;
            long step = total > 0 ? 10 * done / total : done / (10 * MEGA);
            if (step == lastStep) return;
            lastStep = step;
            console.say(
                    "%s: %.1f%s MB",
                    current,
                    done / (double) MEGA,
                    total < 0 ? "" : String.format(Locale.ROOT, " of %.1f", total / (double) MEGA));
        }
    }
}
