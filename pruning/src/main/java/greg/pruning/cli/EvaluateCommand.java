package greg.pruning.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.pruning.report.Json;
import greg.pruning.report.Speed;
import greg.pruning.report.SpeedEngine;
import greg.pruning.report.SpeedMeter;
import greg.pruning.report.SpeedTable;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.OnnxRuntimeEngine;
import greg.pruning.run.Progress;
import greg.pruning.run.Pruning;
import greg.pruning.run.RunData;
import greg.pruning.run.UsageException;
import java.util.ArrayList;
import java.util.List;
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

    @Option(
            names = "--benchmark",
            description = "Also measure how long inference takes, before and after pruning, layer by layer."
                    + " Default: ${DEFAULT-VALUE}.")
    private boolean benchmark;

    @Option(
            names = "--batch",
            paramLabel = "N[,N...]",
            split = ",",
            description = "With --benchmark: images per forward pass. Default: 1,64.")
    private List<Integer> batches;

    @Option(
            names = "--with-onnxruntime",
            description = "With --benchmark: the same in ONNX Runtime, whose jar has to be on the class path."
                    + " Default: ${DEFAULT-VALUE}.")
    private boolean withOnnxRuntime;

    @Override
    void check() {
        Checks.batch("--batch-size", batchSize);
        if (!benchmark && (batches != null || withOnnxRuntime)) {
            String idle = batches != null ? "--batch" : "--with-onnxruntime";
            throw new UsageException(idle + " has no effect without --benchmark");
        }
        if (batches == null) batches = List.of(1, 64);
        for (int batch : batches) Checks.batch("--batch", batch);
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
            List<Speed> speeds = benchmark ? speeds(console, backend, networkSpec, network) : null;
            if (json) return json(networkSpec.arch(), runData.name(), score, speeds);
            String text = text(networkSpec.arch(), runData.name(), score);
            return benchmark ? text + System.lineSeparator() + table(backend, networkSpec, speeds) : text;
        }
    }

    private List<Speed> speeds(Console console, Backend backend, NetworkSpec networkSpec, NnModule network) {
        List<SpeedEngine> others = withOnnxRuntime
                ? List.of(new OnnxRuntimeEngine(Math.max(1, backend.device().threads())))
                : List.of();
        List<Speed> speeds = new ArrayList<>();
        try (NnModule whole = networkSpec.isPruned() ? networkSpec.full().fresh(backend, null, 0) : null;
                Progress progress = console.progress("benchmark", batches.size(), "batch sizes")) {
            for (int batch : batches) {
                speeds.addAll(SpeedMeter.measure(
                        whole == null ? network : whole,
                        network,
                        networkSpec.image(),
                        batch,
                        others,
                        SpeedMeter.USUAL));
                progress.step(1);
            }
        }
        return speeds;
    }

    private static String table(Backend backend, NetworkSpec networkSpec, List<Speed> speeds) {
        double theory = (double) Pruning.cost(networkSpec.full()).macs()
                / Pruning.cost(networkSpec).macs();
        return "inference on " + backend.device().name() + ", "
                + backend.device().threads() + " threads"
                + System.lineSeparator() + SpeedTable.of(speeds, theory, networkSpec.isPruned());
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
            double loss,
            @JsonInclude(JsonInclude.Include.NON_NULL) List<Speed> speeds) {}

    private static String json(String name, String dataset, Score score, List<Speed> speeds) {
        return Json.line(new Evaluation(
                        name,
                        dataset,
                        score.records(),
                        score.top1(),
                        score.accuracy(),
                        score.top5(),
                        score.accuracy5(),
                        score.loss(),
                        speeds))
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
