package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.io.AtomicFile;
import greg.pruning.report.Json;
import greg.pruning.study.BatchNormShrinking;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg study batchnorm}. */
@Command(
        name = "batchnorm",
        description = "Why batch normalization undoes the shrinking of filters: its output and the gradient while a"
                + " convolution is multiplied by ever smaller factors.")
final class StudyBatchNormCommand implements Callable<Integer> {
    /** s = 1, 10^(-1/4), ..., 10^-6. */
    private static final double[] SCALES = IntStream.rangeClosed(0, 24)
            .mapToDouble(k -> Math.pow(10, -k / 4.0))
            .toArray();

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private DeviceOptions device;

    @Option(names = "--out", paramLabel = "FILE", description = "The figure, as an SVG file. Default: none is drawn.")
    private Path out;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of weights and images. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        device.check();
        List<BatchNormShrinking.Point> points;
        try (Backend backend = device.open(true)) {
            points = BatchNormShrinking.measure(backend, SCALES, seed);
        }
        if (out != null) {
            AtomicFile.writeText(out, BatchNormShrinking.figure(points).svg());
            console.say("%s", out);
        }
        if (json) {
            console.out().print(Json.line(points) + "\n");
            return 0;
        }
        console.out().printf(Locale.ROOT, "%12s %12s %12s %12s%n", "s", "output", "formula", "|dL/dw|");
        for (BatchNormShrinking.Point p : points) {
            console.out()
                    .printf(
                            Locale.ROOT,
                            "%12.3g %12.5f %12.5f %12.4g%n",
                            p.scale(),
                            p.output(),
                            p.expected(),
                            p.gradient());
        }
        return 0;
    }
}
