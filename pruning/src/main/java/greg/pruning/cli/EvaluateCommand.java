package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.Module;
import greg.nn.io.Checkpoint;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg evaluate}: how good a network is on the test images. */
@Command(name = "evaluate", description = "Measures a network on the test images of a data set.")
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ArchOptions arch;

    @Mixin
    private DataOptions data;

    @Mixin
    private DeviceOptions device;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            defaultValue = "256",
            description = "Images at a time; does not change the result. Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        arch.check();
        data.check();
        device.check();
        Checks.atLeast("--batch-size", 1, batchSize);
        if (arch.weights == null) throw new UsageException("--weights: expected a checkpoint file or a run folder");
        Checkpoint checkpoint = NetworkSpec.read(arch.weights);
        DataOptions.Data opened = data.open();
        NetworkSpec wanted = NetworkSpec.of(checkpoint, arch.arch, opened.images());
        try (Backend backend = device.open();
                Module network = wanted.load(backend, checkpoint)) {
            console.say("%s on %s", checkpoint.file(), backend.device().name());
            print(console, wanted.arch(), opened.name(), score(console, network, opened));
        }
        return 0;
    }

    private Score score(Console console, Module network, DataOptions.Data opened) {
        Evaluator evaluator = new Evaluator(opened.split().test(), opened.normalization(), batchSize);
        int[] before = {0};
        try (Progress progress =
                new Progress(console, "evaluate", opened.split().test().size(), "img")) {
            return evaluator.evaluate(network, done -> {
                progress.step(done - before[0]);
                before[0] = done;
            });
        }
    }

    private void print(Console console, String name, String dataset, Score score) {
        if (json) {
            console.out()
                    .println(Json.line(Json.object(
                            "arch", name,
                            "dataset", dataset,
                            "records", score.records(),
                            "top1_correct", score.top1(),
                            "top1", score.accuracy(),
                            "top5_correct", score.top5(),
                            "top5", score.accuracy5(),
                            "loss", score.loss())));
            return;
        }
        console.out()
                .printf(
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
