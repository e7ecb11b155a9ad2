package greg.pruning.cli;

import greg.nn.optim.LrSchedule;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.run.L1Comparison;
import greg.pruning.run.Recipe;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import greg.pruning.surgery.Reinit;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * Flags of pruning, under the names of the reference implementation. What no flag sets comes from a {@link Recipe}: the
 * defaults in the texts are those of ImageNet's, of CIFAR's and of the demonstration's.
 */
@HelpGroup(HelpGroup.Heading.GROWTH)
final class PruneOptions {
    @HelpGroup(HelpGroup.Heading.WHAT_GOES)
    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description =
                    "An experiment of the paper, e.g. resnet56-cifar10-0.9-greg1; 'list' prints all and exits. Other"
                            + " flags override it. Default: none.")
    String preset;

    @HelpGroup(HelpGroup.Heading.WHAT_GOES)
    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "L1 (one shot), GReg-1 (choose, then fade), GReg-2 (penalise all, pick, then fade) or FixReg"
                    + " (constant penalty); they choose by --score. Default: GReg-2.")
    String method;

    @HelpGroup(HelpGroup.Heading.WHAT_GOES)
    @Option(
            names = "--wg",
            paramLabel = "GROUP",
            description =
                    "Granularity of the groups that are penalised and removed: filter, channel or weight. Default:"
                            + " filter; in the demonstration channel.")
    String wg;

    @HelpGroup(HelpGroup.Heading.WHAT_GOES)
    @Option(
            names = "--score",
            paramLabel = "NAME",
            description =
                    "By which scores groups are chosen, the smallest to be removed: l1 (mean |w|), l2 (sqrt(mean w^2)) or"
                            + " taylor (sum of |w dL/dw|, averaged over the first 10 batches of training images)."
                            + " Default: l1.")
    String score;

    @HelpGroup(HelpGroup.Heading.WHAT_GOES)
    @Option(
            names = "--pick-pruned",
            paramLabel = "END",
            description = "Which scores the initial choice takes: min, max or rand. Default: min.")
    String pickPruned;

    @Option(
            names = "--semantics",
            paramLabel = "NAME",
            description =
                    "reference (the published code) or paper (Algorithm 1) where they differ. Default: reference.")
    String semantics;

    @Option(
            names = "--lr-prune",
            paramLabel = "RATE",
            description = "Learning rate until the removal, constant. Default: 0.001 / 0.001 / 0.01.")
    Double lrPrune;

    @Option(
            names = "--batch-size-prune",
            paramLabel = "N",
            description = "Images per step until the removal. Default: 64 / 128 / 64.")
    Integer batchSizePrune;

    @Option(
            names = "--update-reg-interval",
            paramLabel = "N",
            description = "K_u, iterations between two updates of lambda. Default: 5 / 10 / 1.")
    Integer updateRegInterval;

    @Option(
            names = "--stabilize-reg-interval",
            paramLabel = "N",
            description = "K_s, iterations at the final lambda before the removal. Default: 40000 / 10000 / 250.")
    Integer stabilizeRegInterval;

    @Option(
            names = "--reg-upper-limit",
            paramLabel = "X",
            description = "tau, the lambda at which growth ends. Default: 1.0.")
    Double regUpperLimit;

    @Option(
            names = "--reg-upper-limit-pick",
            paramLabel = "X",
            description = "tau', the lambda at which GReg-2 picks. Default: 0.01 / 0.01 / 0.05.")
    Double regUpperLimitPick;

    @Option(
            names = "--reg-granularity-pick",
            paramLabel = "X",
            description = "delta lambda of an update before GReg-2's pick (eq. 9). Default: 1e-5 / 1e-5 / 0.001.")
    Double regGranularityPick;

    @Option(
            names = "--reg-granularity-prune",
            paramLabel = "X",
            description =
                    "delta lambda of an update for the groups to be removed (eq. 2). Default: 1e-4 / 1e-4 / 0.005.")
    Double regGranularityPrune;

    @Option(
            names = "--reg-granularity-recover",
            paramLabel = "X",
            description = "lambda of the groups that GReg-2 releases; negative works against the weight decay. Default:"
                    + " -1e-4.")
    Double regGranularityRecover;

    @Option(
            names = "--mag-ratio-limit",
            paramLabel = "X",
            description =
                    "Growth also ends when the mean magnitude of kept / removed groups reaches this. Default: 1000.")
    Double magRatioLimit;

    @Option(
            names = "--block-loss-grad",
            description =
                    "The penalty's gradient replaces the loss's instead of being added. Default: ${DEFAULT-VALUE}.")
    boolean blockLossGrad;

    @Option(
            names = {"--weight-decay", "--wd"},
            paramLabel = "X",
            description =
                    "gamma, L2 coefficient on every parameter; finetuning with adam has none. Default: 1e-4 / 5e-4 / 5e-4.")
    Double weightDecay;

    @Option(names = "--momentum", paramLabel = "X", description = "Momentum of SGD, from 0 to below 1. Default: 0.9.")
    Double momentum;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(
            names = "--lr-ft",
            paramLabel = "EPOCH:RATE,...",
            description =
                    "Learning rate of finetuning from an epoch on. Default: 0:0.01,30:0.001,60:0.0001,75:0.00001 /"
                            + " 0:0.01,60:0.001,90:0.0001 / 0:0.02,2:0.002.")
    String lrFt;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            description =
                    "Optimizer of finetuning: sgd, or adam (no momentum, no weight decay). Default: adam for lenet5,"
                            + " else sgd; a base network is trained with sgd.")
    String optimizer;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(names = "--epochs", paramLabel = "N", description = "Epochs of finetuning. Default: 90 / 120 / 3.")
    Integer epochs;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "N",
            description = "Images per step of finetuning and of training a base network. Default: 256 / 128 / 64.")
    Integer batchSize;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(
            names = "--reinit",
            paramLabel = "HOW",
            arity = "0..1",
            defaultValue = "none",
            fallbackValue = "default",
            description = "New weights for the pruned network before finetuning: none, default (training from scratch;"
                    + " --reinit alone means it) or orth (orthogonal kernels). Default: ${DEFAULT-VALUE}.")
    String reinit;

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(names = "--no-finetune", description = "Stop after the removal. Default: ${DEFAULT-VALUE}.")
    boolean noFinetune;

    @HelpGroup(HelpGroup.Heading.NETWORK)
    @Option(
            names = "--base-epochs",
            paramLabel = "N",
            description = "Epochs of the base network when no --weights are given. Default: 90 / 200 / 4.")
    Integer baseEpochs;

    @HelpGroup(HelpGroup.Heading.NETWORK)
    @Option(
            names = "--base-lr",
            paramLabel = "EPOCH:RATE,...",
            description = "Learning rate of the base network from an epoch on. Default: 0:0.1,30:0.01,60:0.001 /"
                    + " 0:0.1,100:0.01,150:0.001 / 0:0.1,3:0.01.")
    String baseLr;

    /** For {@code ${COMPLETION-CANDIDATES}}, and as a converter. */
    static final class Comparisons implements Iterable<String>, ITypeConverter<L1Comparison> {
        @Override
        public Iterator<String> iterator() {
            return L1Comparison.texts().iterator();
        }

        @Override
        public L1Comparison convert(String text) {
            L1Comparison comparison = L1Comparison.of(text);
            if (comparison != null) return comparison;
            throw new TypeConversionException("expected matched, or no value, got '" + text + "'");
        }
    }

    @HelpGroup(HelpGroup.Heading.FINETUNING)
    @Option(
            names = "--one-shot",
            arity = "0..1",
            paramLabel = "matched",
            defaultValue = "false",
            fallbackValue = "true",
            converter = Comparisons.class,
            completionCandidates = Comparisons.class,
            description =
                    "Also prune by L1 in one shot at the same ratios, finetune alike, and report both. With 'matched'"
                            + " L1 runs once more, with as many steps before finetuning as growing takes, and FixReg gets the"
                            + " steps of GReg-1. Default: ${DEFAULT-VALUE}; true in the demonstration.")
    L1Comparison oneShot = L1Comparison.NONE;

    @HelpGroup(HelpGroup.Heading.RUN)
    @Option(
            names = "--max-iterations",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Stop each phase after N steps, for trials; if growth is cut short, the groups chosen by then are"
                            + " removed, and the smallest in layers that have chosen none. 0: no limit. Default: ${DEFAULT-VALUE}.")
    long maxIterations;

    @HelpGroup(HelpGroup.Heading.RUN)
    @Option(
            names = "--seeds",
            paramLabel = "N,N,...",
            split = ",",
            description =
                    "A run for each of these seeds, in folders seedN of --out, and a table with mean and sample standard"
                            + " deviation. The same command again, without --force, does only what is missing. Default: one run, with --seed.")
    List<Long> seeds;

    /** The method's settings; what no flag sets comes from {@code recipe}. */
    GregConfig config(Recipe recipe, long seed) {
        GregConfig base = recipe.config();
        return base.toBuilder()
                .method(method == null ? base.method() : Words.parse("--method", PruningMethod.class, method))
                .granularity(wg == null ? base.granularity() : Words.parse("--wg", Granularity.class, wg))
                .score(score == null ? base.score() : Words.parse("--score", ScoreKind.class, score))
                .pickPruned(
                        pickPruned == null
                                ? base.pickPruned()
                                : Words.parse("--pick-pruned", PickPruned.class, pickPruned))
                .semantics(
                        semantics == null ? base.semantics() : Words.parse("--semantics", Semantics.class, semantics))
                .lrPrune(or(lrPrune, base.lrPrune()))
                .updateRegInterval(or(updateRegInterval, base.growing().updateRegInterval()))
                .stabilizeRegInterval(or(stabilizeRegInterval, base.growing().stabilizeRegInterval()))
                .regUpperLimit(or(regUpperLimit, base.growing().regUpperLimit()))
                .regGranularityPrune(or(regGranularityPrune, base.growing().regGranularityPrune()))
                .magRatioLimit(or(magRatioLimit, base.growing().magRatioLimit()))
                .regUpperLimitPick(or(regUpperLimitPick, base.picking().regUpperLimitPick()))
                .regGranularityPick(or(regGranularityPick, base.picking().regGranularityPick()))
                .regGranularityRecover(or(regGranularityRecover, base.picking().regGranularityRecover()))
                .blockLossGrad(blockLossGrad)
                .weightDecay(or(weightDecay, base.weightDecay()))
                .momentum(or(momentum, base.momentum()))
                .seed(seed)
                .build();
    }

    /** Images per step until the removal. */
    int batchSizePrune(Recipe recipe) {
        int images = or(batchSizePrune, recipe.batchSizePrune());
        Checks.batch("--batch-size-prune", images);
        return images;
    }

    /** The training of a base network. */
    TrainConfig base(Recipe recipe, Augmentation augment, long seed) {
        if (baseEpochs != null) Checks.atLeast("--base-epochs", 0, baseEpochs);
        LrSchedule lr = baseLr == null ? recipe.base().lr() : Checks.schedule("--base-lr", baseLr);
        return training(recipe.base(), lr, or(baseEpochs, recipe.base().epochs()), augment, seed);
    }

    /** The training after the removal, by SGD. */
    TrainConfig finetune(Recipe recipe, Augmentation augment, long seed) {
        if (optimizer != null) optimizer(""); // refused before anything is read
        LrSchedule lr = lrFt == null ? recipe.finetune().lr() : Checks.schedule("--lr-ft", lrFt);
        int epochCount = noFinetune ? 0 : or(epochs, recipe.finetune().epochs());
        return training(recipe.finetune(), lr, epochCount, augment, seed);
    }

    private TrainConfig training(TrainConfig from, LrSchedule lr, int epochCount, Augmentation augment, long seed) {
        if (batchSize != null) Checks.batch("--batch-size", batchSize);
        return new TrainConfig(
                from.optimizer(),
                lr,
                epochCount,
                or(batchSize, from.batchSize()),
                or(weightDecay, from.weightDecay()),
                or(momentum, from.momentum()),
                augment,
                seed,
                maxIterations);
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    /** The optimizer of finetuning. */
    OptimizerKind optimizer(String arch) {
        return optimizer == null ? Recipe.optimizer(arch) : Words.parse("--optimizer", OptimizerKind.class, optimizer);
    }

    /** New weights before finetuning. */
    Reinit reinit() {
        return Words.parse("--reinit", Reinit.class, reinit);
    }
}
