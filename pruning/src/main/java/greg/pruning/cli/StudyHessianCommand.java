package greg.pruning.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.AtomicFile;
import greg.nn.model.Networks;
import greg.pruning.report.Json;
import greg.pruning.run.ChoiceStudy;
import greg.pruning.run.Progress;
import greg.pruning.study.Displacement;
import greg.pruning.study.Figure;
import greg.pruning.study.Oracle;
import greg.pruning.study.TwoWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.commons.math3.linear.ArrayRealVector;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg study hessian}. */
@Command(
        name = "hessian",
        description = {
            "The argument of section 3 of the paper as three experiments on bundled images, in a minute or two: a small uniform"
                    + " penalty shrinks most what the loss holds least.",
            "two-weights: a quadratic of two weights, against equations 4 to 8. displacement: where the weights of a LeNet-5"
                    + " go, against equation 5. choice: what GReg-2 picks, against other scores and all choices there are."
        })
final class StudyHessianCommand implements Callable<Integer> {
    private static final int IMAGE = 28;
    private static final int CLASSES = 10;
    private static final String ARCH = "lenet5";
    private static final int LEAST_IMAGES = 64;

    private static final double TWO_WEIGHTS_LAMBDA = 0.5;
    private static final int TWO_WEIGHTS_UPDATES = 50;

    /** gamma is large, so that there is a minimum within reach; the penalty is a fifth of it. */
    private static final Displacement.Settings CONVERGED =
            new Displacement.Settings(1e-2, 2e-3, 0.03, 64, 1500, 3000, 0.3, 24, 0.05);

    /** How many ways to remove half of its filters are measured in each layer: all 20, and some of 12,870. */
    private static final Map<String, Integer> WAYS = new TreeMap<>(Map.of("conv1", 20, "conv2", 60));

    private static final int FINETUNING = 30;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private DeviceOptions device;

    @Option(
            names = "--only",
            paramLabel = "PART",
            description = "One of the three: two-weights, displacement or choice. Default: all.")
    private String only;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for the figures, as SVG files. Default: none are drawn.")
    private Path out;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Images on which the LeNet-5 of 'displacement' converges. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the networks' initial weights and the order of images. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    private Console console;
    private final StringBuilder text = new StringBuilder();
    private final Map<String, Object> numbers = new LinkedHashMap<>();

    private enum Part {
        @JsonProperty("two-weights")
        TWO_WEIGHTS,
        @JsonProperty("displacement")
        DISPLACEMENT,
        @JsonProperty("choice")
        CHOICE
    }

    @Override
    public Integer call() throws IOException {
        console = Console.of(spec);
        device.check();
        Part part = only == null ? null : Words.parse("--only", Part.class, only);
        DataSplit data = Datasets.open(Datasets.DEFAULT, null);
        Checks.between("--images", LEAST_IMAGES, data.train().size(), images);
        if (out != null) Files.createDirectories(out);
        if (part == null || part == Part.TWO_WEIGHTS) twoWeights();
        if (part != Part.TWO_WEIGHTS) {
            try (Backend backend = device.open(true)) {
                if (part != Part.CHOICE) displacement(backend, data);
                if (part != Part.DISPLACEMENT) choice(backend, data);
            }
        }
        console.out().print(json ? Json.line(numbers) + "\n" : text);
        return 0;
    }

    private void twoWeights() throws IOException {
        say("Two weights, (w'1 / w*1, w'2 / w*2) at lambda = %.2g", TWO_WEIGHTS_LAMBDA);
        say("%-28s %18s %18s %18s", "", "descent", "equation 5", "equations 7, 8");
        List<TwoWeightsRow> rows = new ArrayList<>();
        for (Map.Entry<String, TwoWeights> example : TwoWeights.EXAMPLES.entrySet()) {
            TwoWeights loss = example.getValue();
            List<double[]> path = loss.descend(0.1, TWO_WEIGHTS_LAMBDA / TWO_WEIGHTS_UPDATES, 100, TWO_WEIGHTS_UPDATES);
            double[] last = path.get(path.size() - 1);
            double[] descent = {last[0] / loss.w1(), last[1] / loss.w2()};
            rows.add(new TwoWeightsRow(
                    example.getKey(),
                    descent,
                    loss.ratios(TWO_WEIGHTS_LAMBDA),
                    loss.approximateRatios(TWO_WEIGHTS_LAMBDA)));
            TwoWeightsRow row = rows.get(rows.size() - 1);
            say("%-28s %18s %18s %18s", row.hessian, pair(row.descent), pair(row.equation5), pair(row.equations7And8));
            draw("two-weights-" + rows.size(), loss.figure(example.getKey(), TWO_WEIGHTS_LAMBDA, TWO_WEIGHTS_UPDATES));
        }
        numbers.put("two_weights", rows);
    }

    private static String pair(double[] ratios) {
        return String.format(Locale.ROOT, "%.4f, %.4f", ratios[0], ratios[1]);
    }

    private void displacement(Backend backend, DataSplit data) throws IOException {
        Dataset train = Datasets.subset(data.train(), 0, images);
        Displacement.Result result;
        try (NnModule network = Networks.createInitialized(ARCH, backend, 1, IMAGE, CLASSES, seed)) {
            try (Progress progress = console.progress("displacement", CONVERGED.work(), "steps")) {
                result = Displacement.measure(
                        network, train, data.train().normalization(), CONVERGED, () -> progress.step(1));
            }
        }
        say(
                "%nLeNet-5 on %d images, weight decay %.2g: E = %.4f, |dE/dw| = %.2g, |w| = %.3f",
                images, CONVERGED.weightDecay(), result.loss(), result.gradientNorm(), norm(result.weights()));
        say(
                "curvatures met: %.4g to %.4g; conjugate gradients: %d iterations, relative residual %.2g",
                result.smallest(), result.largest(), result.iterations(), result.residual());
        say(
                "penalty %.2g on all weights: displacement %.4f by equation 5, %.4f after retraining (drift without it %.4f)",
                CONVERGED.penalty(), norm(result.predicted()), norm(result.actual()), result.drift());
        say(
                "correlation of the two: Pearson %.3f, Spearman %.3f; if all curvatures were equal: Pearson %.3f",
                result.pearson(), result.spearman(), result.pearsonOfEqualCurvature());
        say(
                "filters without a gradient of the loss are dead: weight decay alone moves them, and they are left out, except");
        say("in 'Spearman of all'; 'halves': of the half that shrank most, equation 5 names");
        say("%-8s %8s %8s %10s %10s %16s", "layer", "filters", "dead", "Spearman", "halves", "Spearman of all");
        List<LayerRow> rows = new ArrayList<>();
        for (Displacement.LayerShrinkage layer : result.layers()) {
            Displacement.LayerShrinkage live = layer.liveOnes();
            LayerRow row = new LayerRow(
                    layer.layer(),
                    layer.filters(),
                    layer.filters() - live.filters(),
                    live.spearman(),
                    live.halvesShare(),
                    live.filters() / 2,
                    layer.spearman());
            rows.add(row);
            say(
                    "%-8s %8d %8d %10.3f %10s %16.3f",
                    row.layer, row.filters, row.dead, row.spearman, row.shared + " of " + row.half, row.spearmanOfAll);
        }
        numbers.put(
                "displacement",
                new DisplacementNumbers(
                        result.loss(),
                        result.gradientNorm(),
                        result.smallest(),
                        result.largest(),
                        result.iterations(),
                        result.residual(),
                        norm(result.predicted()),
                        norm(result.actual()),
                        result.drift(),
                        result.pearson(),
                        result.spearman(),
                        result.pearsonOfEqualCurvature(),
                        rows));
        draw("displacement", Displacement.figure(result, 31));
        draw("displacement-filters", Displacement.figureOfFilters(result, List.of("conv1", "conv2", "conv3", "fc1")));
    }

    private static double norm(double[] v) {
        return new ArrayRealVector(v, false).getNorm();
    }

    private void choice(Backend backend, DataSplit data) throws IOException {
        ChoiceStudy study;
        try (Progress progress = console.progress("training the base network", ChoiceStudy.baseSteps(data), "steps")) {
            study = ChoiceStudy.ofLeNet5(backend, data, seed, () -> progress.step(1));
        }
        Map<String, List<ChoiceRow>> layers = new LinkedHashMap<>();
        for (String layer : WAYS.keySet()) layers.put(layer, choice(study, layer));
        numbers.put("choice", layers);
    }

    private List<ChoiceRow> choice(ChoiceStudy study, String layer) throws IOException {
        ChoiceStudy.Result result;
        try (Progress progress = console.progress("choices of " + layer, WAYS.get(layer), "ways")) {
            int ways = WAYS.get(layer);
            result = study.of(layer, 0.5, ChoiceStudy.methods(), ways, FINETUNING, 0.01f, () -> progress.step(1));
        }
        Oracle.Result oracle = result.oracle();
        say(
                "%n%s, %d of %.0f ways to remove half of its filters: loss right after the removal, and after %d steps",
                layer, oracle.outcomes().size(), oracle.combinations(), FINETUNING);
        say("%-18s %-34s %10s %6s %10s %6s", "", "removes", "loss", "rank", "finetuned", "rank");
        List<ChoiceRow> rows = new ArrayList<>();
        result.choices().forEach((name, pruned) -> rows.add(row(name, oracle, oracle.of(pruned))));
        rows.add(row("best", oracle, oracle.tunedBest()));
        for (ChoiceRow row : rows) {
            say(
                    "%-18s %-34s %10.4f %6d %10.4f %6d",
                    row.method, row.pruned, row.loss, row.rank, row.finetuned, row.finetunedRank);
        }
        say("rank correlation of the two losses: %.3f", oracle.rankCorrelation());
        draw("choice-" + layer, ChoiceStudy.figure(result));
        return rows;
    }

    private static ChoiceRow row(String name, Oracle.Result oracle, Oracle.Outcome outcome) {
        return new ChoiceRow(
                name,
                outcome.pruned(),
                outcome.loss(),
                oracle.rank(outcome),
                outcome.tuned(),
                oracle.tunedRank(outcome));
    }

    private void say(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format + "%n", values));
    }

    private void draw(String name, Figure figure) throws IOException {
        if (out == null) return;
        Path file = out.resolve(name + ".svg");
        AtomicFile.writeText(file, figure.svg());
        console.say("%s", file);
    }

    /** What {@code --json} shows of one quadratic. */
    @JsonNaming(SnakeCaseStrategy.class)
    private record TwoWeightsRow(
            String hessian,
            double[] descent,
            @JsonProperty("equation_5") double[] equation5,
            @JsonProperty("equations_7_and_8") double[] equations7And8) {}

    @JsonNaming(SnakeCaseStrategy.class)
    private record DisplacementNumbers(
            double loss,
            double gradientNorm,
            double smallestCurvature,
            double largestCurvature,
            int iterations,
            double residual,
            double predicted,
            double actual,
            double drift,
            double pearson,
            double spearman,
            double pearsonOfEqualCurvature,
            List<LayerRow> layers) {}

    @JsonNaming(SnakeCaseStrategy.class)
    private record LayerRow(
            String layer, int filters, int dead, double spearman, long shared, int half, double spearmanOfAll) {}

    @JsonNaming(SnakeCaseStrategy.class)
    private record ChoiceRow(
            String method, List<Integer> pruned, double loss, int rank, double finetuned, int finetunedRank) {}
}
