package greg.pruning.run;

import greg.datasets.DataSplit;
import greg.datasets.Datasets;
import greg.datasets.ImageShape;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import greg.nn.train.Evaluator;
import greg.nn.train.Position;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.nn.train.Trainer;
import greg.pruning.Pruner;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.LayerState;
import greg.pruning.select.ScoreKind;
import greg.pruning.study.Figure;
import greg.pruning.study.Oracle;
import greg.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** What methods choose in one small layer, ranked among all choices there are, or a sample of them. */
public final class ChoiceStudy {
    private static final String LENET = "lenet5";
    private static final int BATCH = 64;
    private static final float BASE_RATE = 0.05f;
    private static final float BASE_DECAY = 5e-4f;
    private static final int RANKED_ON = 1000;
    private static final double PICK_LIMIT = 0.01;
    private static final int PICK_UPDATES = 500;
    private static final double NEGLIGIBLE = 0x1p-20;

    private final Supplier<NnModule> fresh;
    private final Shape image;
    private final TrainData data;
    private final Evaluator evaluator;

    /**
     * Prepares.
     *
     * @param fresh makes the unpruned network with its weights; the study closes it
     * @param image (1, C, H, W), the shape of one image
     * @param data on which GReg-2 trains until it picks, scores take their gradients, and pruned networks are finetuned
     * @param evaluator gives the losses by which choices are ranked
     */
    public ChoiceStudy(Supplier<NnModule> fresh, Shape image, TrainData data, Evaluator evaluator) {
        this.fresh = fresh;
        this.image = image;
        this.data = data;
        this.evaluator = evaluator;
    }

    /**
     * The study of a LeNet-5, which is trained for {@link #baseSteps} steps first, the last quarter of them with a tenth of the rate.
     *
     * @param data whose training images it uses
     * @param seed of its initial weights
     * @param step called after each step of training
     */
    public static ChoiceStudy ofLeNet5(Backend backend, DataSplit data, long seed, Runnable step) {
        ImageShape image = data.train().shape();
        TrainData train = TrainData.of(data.train(), BATCH);
        int steps = baseSteps(data);
        StateDict base;
        try (NnModule network = Networks.createInitialized(
                        LENET, backend, image.channels(), image.height(), image.classes(), seed);
                Sgd sgd = new Sgd(network, 0.9f, BASE_DECAY)) {
            sgd.learningRate(BASE_RATE);
            TrainHook watched = new TrainHook() {
                @Override
                public void afterStep(TrainLoop loop) {
                    if (loop.iteration() == steps * 3L / 4) sgd.learningRate(BASE_RATE / 10);
                    step.run();
                }
            };
            new Trainer(network, sgd).hooks(watched).run(train, Position.START, steps);
            base = StateDict.of(network);
        }
        Supplier<NnModule> fresh = () -> {
            NnModule network = Networks.create(LENET, backend, image.channels(), image.height(), image.classes());
            base.loadInto(network);
            return network;
        };
        return new ChoiceStudy(
                fresh,
                Shape.of(1, image.channels(), image.height(), image.width()),
                train,
                Evaluator.of(Datasets.subset(data.train(), 0, RANKED_ON)));
    }

    /** Those of three epochs. */
    public static int baseSteps(DataSplit data) {
        return 3 * TrainData.of(data.train(), BATCH).stepsPerEpoch();
    }

    /**
     * The methods to compare, by name: L1, L2, Taylor, GReg-2, and as a control L1 after the steps that GReg-2 has made when it picks, on
     * the same batches, with a lambda that does nothing. A power of two scales all sums in float32 exactly, so the control picks after
     * the same update.
     */
    public static Map<String, GregConfig> methods() {
        Map<String, GregConfig> methods = new LinkedHashMap<>();
        methods.put("L1", GregConfig.l1().build());
        methods.put("L2", GregConfig.l1().score(ScoreKind.L2).build());
        methods.put("Taylor", GregConfig.l1().score(ScoreKind.TAYLOR).build());
        methods.put("GReg-2", greg2(1));
        methods.put("L1 after " + PICK_UPDATES + " steps", greg2(NEGLIGIBLE));
        return methods;
    }

    private static GregConfig greg2(double scale) {
        return GregConfig.greg2()
                .updateRegInterval(1)
                .regGranularityPick(PICK_LIMIT / PICK_UPDATES * scale)
                .regUpperLimitPick(PICK_LIMIT * scale)
                .weightDecay(5e-4)
                .lrPrune(0.01)
                .build();
    }

    /**
     * The choices, and where they stand.
     *
     * @param choices the filters that each method removes, by its name
     * @param oracle all choices with their losses
     */
    public record Result(Map<String, int[]> choices, Oracle.Result oracle) {}

    /**
     * Chooses and ranks.
     *
     * @param layer a convolution
     * @param ratio share of its filters to remove
     * @param methods by the names under which the result has them
     * @param most how many ways are measured at most; if there are more, a random sample and the methods' choices
     * @param steps of finetuning after each removal
     * @param rate its learning rate
     * @param measured called after each way of removing that was measured
     */
    public Result of(
            String layer,
            double ratio,
            Map<String, GregConfig> methods,
            int most,
            int steps,
            float rate,
            Runnable measured) {
        Map<String, int[]> choices = new LinkedHashMap<>();
        methods.forEach((name, config) -> choices.put(name, choice(layer, ratio, config)));
        int removed = choices.values().iterator().next().length;
        Oracle oracle =
                new Oracle(fresh, image, network -> evaluator.evaluate(network).loss(), network -> {
                    finetune(network, steps, rate);
                    measured.run();
                });
        return new Result(choices, oracle.study(layer, removed, most, choices.values(), 0));
    }

    /** The filters that a method would remove; it trains no longer than it needs to pick them. */
    private int[] choice(String layer, double ratio, GregConfig config) {
        try (NnModule network = fresh.get()) {
            int filters = StateDict.of(network).get(layer + ".weight").shape().dim(0);
            Pruner pruner = Pruner.of(network, image, config).ratios(Map.of(layer, ratio));
            TrainHook untilPicked = new TrainHook() {
                @Override
                public boolean stop(TrainLoop loop) {
                    return pruner.growth().layers().stream().allMatch(LayerState::picked);
                }
            };
            List<Integer> kept = IntStream.of(
                            pruner.hooks(untilPicked).run(data).keptFilters().get(layer))
                    .boxed()
                    .toList();
            return IntStream.range(0, filters).filter(f -> !kept.contains(f)).toArray();
        }
    }

    private void finetune(NnModule network, int steps, float rate) {
        try (Sgd sgd = new Sgd(network, 0.9f, 0)) {
            sgd.learningRate(rate);
            new Trainer(network, sgd).run(data, Position.START, steps);
        }
    }

    /** The losses after finetuning in their order, and where the methods' choices stand. */
    public static Figure figure(Result result) {
        double[] losses = result.oracle().outcomes().stream()
                .mapToDouble(Oracle.Outcome::tuned)
                .sorted()
                .toArray();
        double[] ranks =
                IntStream.rangeClosed(1, losses.length).asDoubleStream().toArray();
        Figure figure = new Figure(
                        "Ways to remove half of " + result.oracle().layer() + "'s filters",
                        Figure.Axis.linear("rank by the loss after finetuning"),
                        Figure.Axis.linear("loss after finetuning"))
                .line("every way that was measured", ranks, losses);
        result.choices().forEach((name, pruned) -> {
            Oracle.Outcome outcome = result.oracle().of(pruned);
            double[] rank = {result.oracle().tunedRank(outcome)};
            figure.points(name + " removes " + outcome.pruned(), rank, new double[] {outcome.tuned()});
        });
        return figure;
    }
}
