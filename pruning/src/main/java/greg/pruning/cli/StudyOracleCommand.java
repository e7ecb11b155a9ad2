package greg.pruning.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.optim.Sgd;
import greg.nn.train.Augmentation;
import greg.nn.train.Evaluator;
import greg.nn.train.Position;
import greg.nn.train.TrainData;
import greg.nn.train.Trainer;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.report.Json;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunData;
import greg.pruning.run.UsageException;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import greg.pruning.study.Oracle;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code greg study oracle}. */
@Command(
        name = "oracle",
        description =
                "Removes K filters of one layer in all possible ways, or in a sample of them, and ranks L1's choice by"
                        + " the loss on training images, right after the removal and after a few steps of finetuning.")
final class StudyOracleCommand extends NetworkCommand {
    @Option(names = "--layer", required = true, paramLabel = "NAME", description = "Which layer, e.g. conv1.")
    private String layer;

    @Option(names = "--remove", required = true, paramLabel = "K", description = "How many of its filters to remove.")
    private int remove;

    @Option(
            names = "--most",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Ways to measure at most; if there are more, a random sample. Default: ${DEFAULT-VALUE}.")
    private int most;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Training images on which the loss is measured. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "0",
            description = "Steps of finetuning, of 64 images each. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--lr", paramLabel = "RATE", description = "Learning rate of finetuning. Default: " + LR + ".")
    private Double lr;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fixes the sample and the order of the images. Default: ${DEFAULT-VALUE}.")
    private long seed;

    private static final int BATCH = 64;
    private static final float LR = 0.001f;

    @Override
    void check() {
        Checks.atLeast("--remove", 1, remove);
        Checks.atLeast("--most", 1, most);
        Checks.atLeast("--images", 1, images);
        Checks.atLeast("--steps", 0, steps);
        if (lr != null && steps == 0) {
            throw new UsageException("--lr: without --steps nothing is finetuned; give --steps, or leave it out");
        }
        if (lr != null) Checks.positive("--lr", lr);
    }

    @Override
    String run(
            Console console,
            Backend backend,
            NetworkSpec networkSpec,
            Checkpoint checkpoint,
            RunData runData,
            boolean json) {
        Dataset train = runData.split().train();
        Dataset measuredOn = Datasets.subset(train, 0, Math.min(images, train.size()));
        Evaluator evaluator = new Evaluator(measuredOn, runData.normalization(), 256);
        Consumer<NnModule> finetune = steps == 0 ? null : network -> train(network, measuredOn, runData);
        Oracle oracle = new Oracle(
                () -> networkSpec.load(backend, checkpoint),
                networkSpec.image(),
                network -> evaluator.evaluate(network).loss(),
                finetune);
        int[] l1;
        try (NnModule network = networkSpec.load(backend, checkpoint)) {
            ChannelGraph graph = ChannelGraph.trace(network, networkSpec.image());
            Layer chosen = graph.layer(layer);
            if (remove >= chosen.out()) {
                throw new UsageException("--remove: expected fewer than the " + chosen.out() + " filters of " + layer
                        + ", got " + remove);
            }
            float[] scores =
                    L1Scores.ofWeights(graph.weight(chosen).tensor().toHost(), Granularity.FILTER.index(chosen));
            l1 = Selection.smallest(scores, Selection.ratioOf(remove, chosen.out()))
                    .pruned();
        }
        Oracle.Result result = oracle.study(layer, remove, most, List.of(l1), seed);
        return json ? json(result, l1) : text(result, l1);
    }

    private void train(NnModule network, Dataset measuredOn, RunData runData) {
        TrainData data = new RunData(
                        runData.name(),
                        runData.imageSize(),
                        new DataSplit(measuredOn, runData.split().test()),
                        runData.normalization())
                .training(Augmentation.NONE, Math.min(BATCH, measuredOn.size()), seed);
        try (Sgd sgd = new Sgd(network, 0.9f, 0)) {
            sgd.learningRate(lr == null ? LR : lr.floatValue());
            new Trainer(network, sgd).run(data, Position.START, steps);
        }
    }

    private String text(Oracle.Result result, int[] l1) {
        Oracle.Outcome l1Outcome = result.of(l1);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s: %d of %.0f ways to remove %d filters%n%-14s %12s %14s%n",
                layer,
                result.outcomes().size(),
                result.combinations(),
                remove,
                "",
                "after removal",
                steps == 0 ? "" : "after " + steps + " steps"));
        line(text, "best loss", result.best().loss(), result.tunedBest().tuned());
        line(text, "L1's loss", l1Outcome.loss(), l1Outcome.tuned());
        choice(text, "right after the removal", result.best(), l1Outcome, result.rank(l1), result);
        if (steps > 0) {
            choice(text, "after " + steps + " steps", result.tunedBest(), l1Outcome, result.tunedRank(l1), result);
        }
        if (steps > 0) {
            text.append(
                    String.format(Locale.ROOT, "rank correlation of the two losses %.3f%n", result.rankCorrelation()));
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, double before, double after) {
        text.append(String.format(Locale.ROOT, "%-14s %12.5g", name, before));
        if (!Double.isNaN(after)) text.append(String.format(Locale.ROOT, " %14.5g", after));
        text.append('\n');
    }

    private static void choice(
            StringBuilder text,
            String when,
            Oracle.Outcome best,
            Oracle.Outcome l1Outcome,
            int rank,
            Oracle.Result result) {
        text.append(String.format(
                Locale.ROOT,
                "%s the best choice is %s; L1's, %s, has rank %d of %d%n",
                when,
                best.pruned(),
                l1Outcome.pruned(),
                rank,
                result.outcomes().size()));
    }

    /** What {@code --json} shows; what needs finetuning is null without it. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Output(
            String layer,
            double combinations,
            int measured,
            List<Integer> l1Pruned,
            List<Integer> bestPruned,
            List<Integer> bestPrunedFinetuned,
            int l1Rank,
            Integer l1RankFinetuned,
            Double rankCorrelation,
            List<Way> outcomes) {
        private record Way(List<Integer> pruned, double loss, Double finetuned) {}
    }

    private String json(Oracle.Result result, int[] l1) {
        boolean tuned = steps > 0;
        Output output = new Output(
                layer,
                result.combinations(),
                result.outcomes().size(),
                result.of(l1).pruned(),
                result.best().pruned(),
                tuned ? result.tunedBest().pruned() : null,
                result.rank(l1),
                tuned ? result.tunedRank(l1) : null,
                tuned ? result.rankCorrelation() : null,
                result.outcomes().stream()
                        .map(o -> new Output.Way(o.pruned(), o.loss(), tuned ? o.tuned() : null))
                        .toList());
        return Json.line(output) + "\n";
    }
}
