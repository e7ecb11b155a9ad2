package greg.pruning.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.pruning.report.Json;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Progress;
import greg.pruning.run.RunData;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code greg evaluate}: accuracy and loss of a network on the test images. */
@Command(name = "evaluate", description = "Measures a network on the test images of a data set.")
final class EvaluateCommand extends NetworkCommand {
    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            defaultValue = "256",
            description = "Images per batch; does not change the result. Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Override
    void check() {
        Checks.batch("--batch-size", batchSize);
    }

    @Override
    String run(
            Console console,
            Backend backend,
            NetworkSpec networkSpec,
            Checkpoint checkpoint,
            RunData runData,
            boolean json) {
        try (NnModule network = networkSpec.load(backend, checkpoint)) {
            console.say("%s on %s", checkpoint.file(), backend.device().name());
            Score score = score(console, network, runData);
            return json
                    ? json(networkSpec.arch(), runData.name(), score)
                    : text(networkSpec.arch(), runData.name(), score);
        }
    }

    private Score score(Console console, NnModule network, RunData runData) {
        Evaluator evaluator = new Evaluator(runData.split().test(), runData.normalization(), batchSize);
        int[] before = {0};
        try (Progress progress =
                console.progress("evaluate", runData.split().test().size(), "img")) {
            return evaluator.evaluate(network, done -> {
                progress.step(done - before[0]);
                before[0] = done;
            });
        }
    }

    /** What {@code --json} shows. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Evaluation(
            String arch,
            String dataset,
            long records,
            long top1Correct,
            double top1,
            long top5Correct,
            double top5,
            double loss) {}

    private static String json(String name, String dataset, Score score) {
        return Json.line(new Evaluation(
                        name,
                        dataset,
                        score.records(),
                        score.top1(),
                        score.accuracy(),
                        score.top5(),
                        score.accuracy5(),
                        score.loss()))
                + System.lineSeparator();
    }

    private static String text(String name, String dataset, Score score) {
        return String.format(
                Locale.ROOT,
                "%s on %s: top-1 %.2f%% (%d of %d), top-5 %.2f%% (%d), mean loss %.6f%n",
                name,
                dataset,
                score.accuracy(),
                score.top1(),
                score.records(),
                score.accuracy5(),
                score.top5(),
                score.loss());
    }
}
