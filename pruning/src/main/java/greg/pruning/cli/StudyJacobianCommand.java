package greg.pruning.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.train.Feeder;
import greg.pruning.report.Json;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunData;
import greg.pruning.study.Jacobian;
import greg.tensor.Scope;
import greg.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code greg study jacobian}. */
@Command(
        name = "jacobian",
        description = "Singular values of d outputs / d inputs at test images: near 1, gradients neither vanish nor"
                + " explode on their way through the network.")
final class StudyJacobianCommand extends NetworkCommand {
    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "8",
            description = "Test images, drawn by --seed. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fixes which images are drawn. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    void check() {
        Checks.atLeast("--samples", 1, samples);
    }

    @Override
    String run(
            Console console,
            Backend backend,
            NetworkSpec networkSpec,
            Checkpoint checkpoint,
            RunData runData,
            boolean json) {
        Dataset test = Datasets.sample(runData.split().test(), samples, seed);
        int count = test.size();
        Jacobian jacobian;
        try (NnModule network = networkSpec.load(backend, checkpoint);
                Batches batches = new Batches(test, count, false, 0, false, 1).epoch(0);
                Scope scope = Scope.open()) {
            Batch batch = batches.next();
            Tensor x = Feeder.plain(backend, test, runData.normalization()).images(batch, 0);
            jacobian = Jacobian.of(network, x.shape(), x.toHost());
        }
        if (!json) {
            return String.format(
                    Locale.ROOT,
                    "%s at %d test images: singular values: %s; largest / smallest of an image %.3g%n",
                    networkSpec.arch(),
                    count,
                    jacobian.summary(),
                    jacobian.meanCondition());
        }
        Jacobian.Summary all = jacobian.summary();
        return Json.line(new Output(
                        networkSpec.arch(),
                        count,
                        all.mean(),
                        all.std(),
                        all.max(),
                        all.min(),
                        jacobian.singularValues()))
                + "\n";
    }

    /** What {@code --json} shows. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Output(
            String arch, int samples, double mean, double std, double max, double min, List<double[]> singularValues) {}
}
