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
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.report.Json;
import greg.pruning.report.Written;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunData;
import greg.pruning.run.UsageException;
import greg.pruning.study.Oracle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code greg study oracle}. */
@Command(
        name = "oracle",
        description = {
            "Removes K groups of a layer in all possible ways, or in a sample of them, and ranks what the methods choose by"
                    + " the loss on training images, right after the removal and after a few steps of finetuning.",
            "L1, GReg-1 and FixReg choose alike, by the weights; L2 and Taylor are the other scores of 'greg prune --score', in one"
                    + " shot; GReg-2's choice is taken from a run (--runs)."
        })
final class StudyOracleCommand extends NetworkCommand {
    @Option(
            names = "--layer",
            required = true,
            split = ",",
            paramLabel = "NAME[,NAME...]",
            description = "Which layers, e.g. conv1; each is studied by itself, the others stay whole.")
    private List<String> layers;

    @Option(
            names = "--remove",
            split = ",",
            paramLabel = "K[,K...]",
            description =
                    "How many of its groups to remove: one number for all layers, or one for each. Default: as many as"
                            + " the first of --runs.")
    private List<Integer> remove;

    @Option(names = "--wg", paramLabel = "GROUP", description = "filter, channel or weight. Default: filter.")
    private String wg;

    @Option(
            names = "--runs",
            split = ",",
            paramLabel = "RUN[,RUN...]",
            description =
                    "Folders of finished pruning runs that began with the same --weights: what they have removed of the"
                            + " layers is ranked too. Default: none.")
    private List<Path> runs = List.of();

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
            description = "Training images on which the loss is measured, drawn by --seed. Default: ${DEFAULT-VALUE}.")
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
            description = "Fixes which images and which ways are drawn, and the order of the images. Default:"
                    + " ${DEFAULT-VALUE}.")
    private long seed;

    private static final int BATCH = 64;
    private static final float LR = 0.001f;
    /** Numbers of groups that a line of the table shows. */
    private static final int SHOWN = 16;

    /** A choice by its name, and how it ranks; what needs finetuning is null without it. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Choice(
            String name, List<Integer> pruned, double loss, int rank, Double finetuned, Integer rankFinetuned) {}

    /** A layer; what needs finetuning is null without it. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Study(
            String layer,
            int groups,
            int removed,
            double combinations,
            int measured,
            List<Choice> choices,
            Double rankCorrelation,
            List<Way> outcomes) {}

    /** One way to remove groups. */
    private record Way(List<Integer> pruned, double loss, Double finetuned) {}

    /** What {@code --json} shows. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record Output(String arch, String wg, int images, int steps, long seed, List<Study> layers) {}

    @Override
    void check() {
        if (remove != null) {
            for (int count : remove) Checks.atLeast("--remove", 1, count);
            if (remove.size() != 1 && remove.size() != layers.size()) {
                throw new UsageException("--remove: expected one number, or one for each of the " + layers.size()
                        + " layers, got " + remove.size());
            }
        }
        Checks.atLeast("--most", 1, most);
        Checks.atLeast("--images", 1, images);
        Checks.atLeast("--steps", 0, steps);
        if (lr != null && steps == 0) {
            throw new UsageException("--lr: without --steps nothing is finetuned; give --steps, or leave it out");
        }
        if (lr != null) Checks.positive("--lr", lr);
        granularity();
    }

    private Granularity granularity() {
        return wg == null ? Granularity.FILTER : Words.parse("--wg", Granularity.class, wg);
    }

    @Override
    String run(
            Console console,
            Backend backend,
            NetworkSpec networkSpec,
            Checkpoint checkpoint,
            RunData runData,
            boolean json) {
        Dataset measuredOn = Datasets.sample(runData.split().train(), images, seed);
        Evaluator evaluator = new Evaluator(measuredOn, runData.normalization(), 256);
        TrainData trainedOn = runData.with(
                        new DataSplit(measuredOn, runData.split().test()))
                .training(Augmentation.NONE, Math.min(BATCH, measuredOn.size()), seed);
        Consumer<NnModule> finetune = steps == 0 ? null : network -> train(network, trainedOn);
        Oracle oracle = new Oracle(
                () -> networkSpec.load(backend, checkpoint),
                networkSpec.image(),
                network -> evaluator.evaluate(network).loss(),
                finetune);
        List<Study> studies = new ArrayList<>();
        try (NnModule network = networkSpec.load(backend, checkpoint)) {
            OracleChoices choices = new OracleChoices(network, networkSpec.image(), trainedOn, granularity(), runs);
            for (int i = 0; i < layers.size(); i++) studies.add(study(oracle, choices, i));
        }
        if (!json) return studies.stream().map(this::text).collect(Collectors.joining("\n"));
        return Json.line(new Output(
                        networkSpec.arch(), Written.name(granularity()), measuredOn.size(), steps, seed, studies))
                + "\n";
    }

    private Study study(Oracle oracle, OracleChoices choices, int index) {
        Layer layer = choices.layer(layers.get(index));
        int groups = granularity().index(layer).count();
        int count = remove == null ? choices.removed(layer) : remove.get(remove.size() == 1 ? 0 : index);
        if (count >= groups) {
            throw new UsageException("--remove: expected fewer than the " + groups + " "
                    + granularity().channels() + " of " + layer.name() + ", got " + count);
        }
        Map<String, int[]> chosen = choices.of(layer, count);
        Oracle.Result result = oracle.study(layer.name(), granularity(), count, most, chosen.values(), seed);
        boolean tuned = steps > 0;
        List<Choice> ranked = new ArrayList<>();
        ranked.add(choice("best", result.best(), result));
        if (tuned) ranked.add(choice("best after finetuning", result.tunedBest(), result));
        chosen.forEach((name, pruned) -> ranked.add(choice(name, result.of(pruned), result)));
        return new Study(
                layer.name(),
                groups,
                count,
                result.combinations(),
                result.outcomes().size(),
                ranked,
                tuned && result.outcomes().size() > 1 ? result.rankCorrelation() : null,
                result.outcomes().stream()
                        .map(o -> new Way(o.pruned(), o.loss(), tuned ? o.tuned() : null))
                        .toList());
    }

    private Choice choice(String name, Oracle.Outcome outcome, Oracle.Result result) {
        boolean tuned = steps > 0;
        return new Choice(
                name,
                outcome.pruned(),
                outcome.loss(),
                result.rank(outcome),
                tuned ? outcome.tuned() : null,
                tuned ? result.tunedRank(outcome) : null);
    }

    private void train(NnModule network, TrainData data) {
        try (Sgd sgd = new Sgd(network, 0.9f, 0)) {
            sgd.learningRate(lr == null ? LR : lr.floatValue());
            new Trainer(network, sgd).run(data, Position.START, steps);
        }
    }

    private String text(Study study) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s: %d of %s ways to remove %d of %d %s, ranked by their loss%n",
                study.layer,
                study.measured,
                study.combinations < 1e9
                        ? String.format(Locale.ROOT, "%.0f", study.combinations)
                        : String.format(Locale.ROOT, "%.3g", study.combinations),
                study.removed,
                study.groups,
                granularity().channels()));
        text.append(row("choice", "loss", "rank", steps == 0 ? "" : "after " + steps, steps == 0 ? "" : "rank"));
        for (Choice c : study.choices) {
            text.append(row(
                    c.name,
                    String.format(Locale.ROOT, "%.5g", c.loss),
                    Integer.toString(c.rank),
                    c.finetuned == null ? "" : String.format(Locale.ROOT, "%.5g", c.finetuned),
                    c.rankFinetuned == null ? "" : c.rankFinetuned.toString()));
            text.append("    removes ")
                    .append(c.pruned.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", ")))
                    .append(c.pruned.size() > SHOWN ? ", ...\n" : "\n");
        }
        if (study.rankCorrelation != null) {
            text.append(String.format(Locale.ROOT, "rank correlation of the two losses %.3f%n", study.rankCorrelation));
        }
        return text.toString();
    }

    private static String row(String name, String loss, String rank, String tuned, String tunedRank) {
        return String.format(Locale.ROOT, "%-30s %11s %7s %14s %7s", name, loss, rank, tuned, tunedRank)
                        .stripTrailing()
                + "\n";
    }
}
