package greg.pruning.growth;

import greg.pruning.graph.Granularity;
import greg.pruning.select.PickPruned;

/**
 * All settings of a pruning run: the one place where the paper's symbols are defined. Defaults are those of the
 * reference implementation, which are the paper's ImageNet values; {@link Builder#cifar} gives the ones of its CIFAR
 * commands. Penalties are kept and compared in float32, so limits and granularities are rounded to it before use.
 *
 * @param method {@code --method}; default GReg-2
 * @param wg {@code --wg}: what is penalised and removed as one; default filter
 * @param pickPruned {@code --pick-pruned}: which end of the order the initial selection takes; default min (reference)
 * @param semantics {@code --semantics}: published code or Algorithm 1; default reference
 * @param lrPrune {@code --lr-prune}: learning rate, constant while the penalty grows and stabilises; default 0.001
 *     (paper, all experiments)
 * @param batchSizePrune {@code --batch-size-prune}: images a step until the removal; default 64 (ImageNet), 128 (CIFAR:
 *     ResNet-56), 256 (CIFAR: VGG-19)
 * @param updateRegInterval {@code --update-reg-interval}, K_u: iterations between two updates of lambda; default 5
 *     (ImageNet), 10 (CIFAR)
 * @param stabilizeRegInterval {@code --stabilize-reg-interval}, K_s: iterations trained at the final lambda before the
 *     removal; default 40,000 (ImageNet), 10,000 (CIFAR)
 * @param regUpperLimit {@code --reg-upper-limit}, tau: a layer stops growing once its largest lambda is strictly above;
 *     also the constant lambda of FixReg; default 1.0 (paper)
 * @param regUpperLimitPick {@code --reg-upper-limit-pick}, tau': GReg-2 picks once lambda has reached it; default 0.01
 *     (paper)
 * @param regGranularityPick {@code --reg-granularity-pick}, delta lambda while picking: added per update to every group
 *     (eq. 9); default 1e-5 (reference)
 * @param regGranularityPrune {@code --reg-granularity-prune}, delta lambda while growing: added per update to the pruned
 *     groups (eq. 2); default 1e-4 (paper)
 * @param regGranularityRecover {@code --reg-granularity-recover}: lambda of the groups released by GReg-2's pick,
 *     assigned, not added; negative works against the weight decay; default -1e-4 (reference; the paper says minus the
 *     weight decay, see {@link Semantics})
 * @param magRatioLimit {@code --mag-ratio-limit}: growth also ends when the smoothed ratio of the mean scores of kept
 *     and pruned groups reaches it; default 1000 (reference, not in the paper)
 * @param weightDecay {@code --weight-decay}, gamma: L2 coefficient on every parameter, in every phase; default 1e-4
 *     (ImageNet), 5e-4 (CIFAR)
 * @param momentum {@code --momentum} of SGD, no dampening, no Nesterov; default 0.9 (paper)
 * @param blockLossGrad {@code --block-loss-grad}: the penalty's gradient replaces the loss's instead of being added;
 *     default false (reference)
 * @param seed {@code --seed}: fixes the random selection of {@link PickPruned#RAND}; default 0
 * @param finetune the training after the removal
 */
public record GregConfig(
        PruningMethod method,
        Granularity wg,
        PickPruned pickPruned,
        Semantics semantics,
        double lrPrune,
        int batchSizePrune,
        int updateRegInterval,
        int stabilizeRegInterval,
        double regUpperLimit,
        double regUpperLimitPick,
        double regGranularityPick,
        double regGranularityPrune,
        double regGranularityRecover,
        double magRatioLimit,
        double weightDecay,
        double momentum,
        boolean blockLossGrad,
        long seed,
        FinetuneConfig finetune) {

    /** Validates; IllegalArgumentException names the flag, what it expects and what it got. */
    public GregConfig {
        positive("--lr-prune", lrPrune);
        atLeast("--batch-size-prune", 1, batchSizePrune);
        atLeast("--update-reg-interval", 1, updateRegInterval);
        atLeast("--stabilize-reg-interval", 0, stabilizeRegInterval);
        positive("--reg-upper-limit", regUpperLimit);
        positive("--reg-upper-limit-pick", regUpperLimitPick);
        positive("--reg-granularity-pick", regGranularityPick);
        positive("--reg-granularity-prune", regGranularityPrune);
        check(
                "--reg-granularity-recover",
                "a finite number",
                Double.isFinite(regGranularityRecover),
                regGranularityRecover);
        check("--mag-ratio-limit", "a number above 0", magRatioLimit > 0, magRatioLimit);
        check("--weight-decay", "0 or more", weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY, weightDecay);
        check("--momentum", "a number in [0, 1)", momentum >= 0 && momentum < 1, momentum);
        reaches("--reg-granularity-prune", regGranularityPrune, "--reg-upper-limit", regUpperLimit);
        if (method == PruningMethod.GREG_2) {
            boolean one = semantics == Semantics.PAPER;
            reaches(
                    one ? "--reg-granularity-prune" : "--reg-granularity-pick",
                    one ? regGranularityPrune : regGranularityPick,
                    "--reg-upper-limit-pick",
                    regUpperLimitPick);
        }
    }

    /** A builder that holds the defaults of the reference implementation (the paper's ImageNet values). */
    public static Builder builder() {
        return new Builder();
    }

    /** True if the layers' magnitude ratios are followed: not for single weights, as in the reference implementation. */
    public boolean tracksRatios() {
        return wg.structured();
    }

    private static void positive(String flag, double value) {
        check(flag, "a number above 0", value > 0 && value < Double.POSITIVE_INFINITY, value);
    }

    private static void atLeast(String flag, int least, int value) {
        check(flag, least + " or more", value >= least, value);
    }

    private static void check(String flag, String expected, boolean ok, Object value) {
        if (!ok) {
            throw new IllegalArgumentException(flag + ": expected " + expected + ", got " + value);
        }
    }

    /** A step that float32 swallows before the limit is reached would make a run endless. */
    private static void reaches(String stepFlag, double step, String limitFlag, double limit) {
        if (!((float) limit + (float) step > (float) limit)) {
            throw new IllegalArgumentException(stepFlag + ": " + step + " is too small to reach " + limitFlag + " "
                    + limit + " in float32, the sum would stall below it; use at least " + Math.ulp((float) limit));
        }
    }

    /** A builder that holds the settings of this configuration, to change some. */
    public Builder toBuilder() {
        Builder b = new Builder();
        b.method = method;
        b.wg = wg;
        b.pickPruned = pickPruned;
        b.semantics = semantics;
        b.lrPrune = lrPrune;
        b.batchSizePrune = batchSizePrune;
        b.updateRegInterval = updateRegInterval;
        b.stabilizeRegInterval = stabilizeRegInterval;
        b.regUpperLimit = regUpperLimit;
        b.regUpperLimitPick = regUpperLimitPick;
        b.regGranularityPick = regGranularityPick;
        b.regGranularityPrune = regGranularityPrune;
        b.regGranularityRecover = regGranularityRecover;
        b.magRatioLimit = magRatioLimit;
        b.weightDecay = weightDecay;
        b.momentum = momentum;
        b.blockLossGrad = blockLossGrad;
        b.seed = seed;
        b.finetune = finetune;
        return b;
    }

    /** Collects settings, each named as the record's component; {@link #build} validates. */
    public static final class Builder {
        private PruningMethod method = PruningMethod.GREG_2;
        private Granularity wg = Granularity.FILTER;
        private PickPruned pickPruned = PickPruned.MIN;
        private Semantics semantics = Semantics.REFERENCE;
        private double lrPrune = 0.001;
        private int batchSizePrune = 64;
        private int updateRegInterval = 5;
        private int stabilizeRegInterval = 40_000;
        private double regUpperLimit = 1.0;
        private double regUpperLimitPick = 0.01;
        private double regGranularityPick = 1e-5;
        private double regGranularityPrune = 1e-4;
        private double regGranularityRecover = -1e-4;
        private double magRatioLimit = 1000;
        private double weightDecay = 1e-4;
        private double momentum = 0.9;
        private boolean blockLossGrad;
        private long seed;
        private FinetuneConfig finetune = FinetuneConfig.IMAGENET;

        private Builder() {}

        /** The values of the paper's CIFAR commands (ResNet-56): K_u 10, K_s 10,000, batch 128, weight decay 5e-4. */
        public Builder cifar() {
            updateRegInterval = 10;
            stabilizeRegInterval = 10_000;
            batchSizePrune = 128;
            weightDecay = 5e-4;
            finetune = FinetuneConfig.CIFAR;
            return this;
        }

        /** See {@link GregConfig#method}. */
        public Builder method(PruningMethod value) {
            method = value;
            return this;
        }

        /** See {@link GregConfig#wg}. */
        public Builder wg(Granularity value) {
            wg = value;
            return this;
        }

        /** See {@link GregConfig#pickPruned}. */
        public Builder pickPruned(PickPruned value) {
            pickPruned = value;
            return this;
        }

        /** See {@link GregConfig#semantics}. */
        public Builder semantics(Semantics value) {
            semantics = value;
            return this;
        }

        /** See {@link GregConfig#lrPrune}. */
        public Builder lrPrune(double value) {
            lrPrune = value;
            return this;
        }

        /** See {@link GregConfig#batchSizePrune}. */
        public Builder batchSizePrune(int value) {
            batchSizePrune = value;
            return this;
        }

        /** See {@link GregConfig#updateRegInterval}. */
        public Builder updateRegInterval(int value) {
            updateRegInterval = value;
            return this;
        }

        /** See {@link GregConfig#stabilizeRegInterval}. */
        public Builder stabilizeRegInterval(int value) {
            stabilizeRegInterval = value;
            return this;
        }

        /** See {@link GregConfig#regUpperLimit}. */
        public Builder regUpperLimit(double value) {
            regUpperLimit = value;
            return this;
        }

        /** See {@link GregConfig#regUpperLimitPick}. */
        public Builder regUpperLimitPick(double value) {
            regUpperLimitPick = value;
            return this;
        }

        /** See {@link GregConfig#regGranularityPick}. */
        public Builder regGranularityPick(double value) {
            regGranularityPick = value;
            return this;
        }

        /** See {@link GregConfig#regGranularityPrune}. */
        public Builder regGranularityPrune(double value) {
            regGranularityPrune = value;
            return this;
        }

        /** See {@link GregConfig#regGranularityRecover}. */
        public Builder regGranularityRecover(double value) {
            regGranularityRecover = value;
            return this;
        }

        /** See {@link GregConfig#magRatioLimit}. */
        public Builder magRatioLimit(double value) {
            magRatioLimit = value;
            return this;
        }

        /** See {@link GregConfig#weightDecay}. */
        public Builder weightDecay(double value) {
            weightDecay = value;
            return this;
        }

        /** See {@link GregConfig#momentum}. */
        public Builder momentum(double value) {
            momentum = value;
            return this;
        }

        /** See {@link GregConfig#blockLossGrad}. */
        public Builder blockLossGrad(boolean value) {
            blockLossGrad = value;
            return this;
        }

        /** See {@link GregConfig#seed}. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** See {@link GregConfig#finetune}. */
        public Builder finetune(FinetuneConfig value) {
            finetune = value;
            return this;
        }

        /** The configuration; IllegalArgumentException names the flag that is wrong. */
        public GregConfig build() {
            return new GregConfig(
                    method,
                    wg,
                    pickPruned,
                    semantics,
                    lrPrune,
                    batchSizePrune,
                    updateRegInterval,
                    stabilizeRegInterval,
                    regUpperLimit,
                    regUpperLimitPick,
                    regGranularityPick,
                    regGranularityPrune,
                    regGranularityRecover,
                    magRatioLimit,
                    weightDecay,
                    momentum,
                    blockLossGrad,
                    seed,
                    finetune);
        }
    }
}
