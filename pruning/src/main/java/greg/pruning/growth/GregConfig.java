package greg.pruning.growth;

import static greg.nn.SettingException.require;

import greg.nn.SettingException;
import greg.pruning.graph.Granularity;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;

/**
 * The settings of a pruning method: the one place where the paper's symbols are defined. Defaults are those of the
 * reference implementation, which are the paper's ImageNet values; {@link Builder#cifar} gives those of its CIFAR
 * commands. Penalties are kept and compared in float32, so limits and granularities are rounded to it before use.
 *
 * <pre>{@code
 * GregConfig config = GregConfig.greg1().cifar().lrPrune(0.01).build();
 * }</pre>
 *
 * @param method how groups are chosen and fade
 * @param granularity what is penalised and removed as one group; default filter
 * @param score by which groups are chosen: those with the smallest scores are removed; magnitude ratios are of L1 scores
 *     whatever it is; default l1 (paper)
 * @param pickPruned which end of the order the initial selection takes; default min (reference)
 * @param semantics published code or Algorithm 1; default reference
 * @param growing how the penalty of the pruned groups grows
 * @param picking how GReg-2 picks its groups; no other method reads it
 * @param lrPrune learning rate, constant while the penalty grows and stabilises; default 0.001 (paper, all experiments)
 * @param weightDecay gamma, L2 coefficient on every parameter while the penalty grows and stabilises; default 1e-4
 *     (ImageNet), 5e-4 (CIFAR)
 * @param momentum of SGD, no dampening, no Nesterov; default 0.9 (paper)
 * @param blockLossGrad whether the penalty's gradient replaces the loss's instead of being added; default false
 *     (reference)
 * @param seed fixes the random selection of {@link PickPruned#RAND}; default 0
 */
public record GregConfig(
        PruningMethod method,
        Granularity granularity,
        ScoreKind score,
        PickPruned pickPruned,
        Semantics semantics,
        Growing growing,
        Picking picking,
        double lrPrune,
        double weightDecay,
        double momentum,
        boolean blockLossGrad,
        long seed) {

    /**
     * How lambda of the pruned groups grows, lambda_j += delta lambda (eq. 2), and when that ends.
     *
     * @param updateRegInterval K_u, iterations between two updates of lambda; default 5 (ImageNet), 10 (CIFAR)
     * @param stabilizeRegInterval K_s, iterations trained at the final lambda before the removal; default 40,000 (ImageNet),
     *     10,000 (CIFAR)
     * @param regUpperLimit tau: a layer stops growing once its largest lambda is strictly above; also the constant lambda
     *     of FixReg; default 1.0 (paper)
     * @param regGranularityPrune delta lambda, added per update to the pruned groups; default 1e-4 (paper)
     * @param magRatioLimit growth also ends when the moving average of the ratio of mean scores, kept / pruned groups,
     *     reaches it; default 1000 (reference, not in the paper)
     */
    public record Growing(
            int updateRegInterval,
            int stabilizeRegInterval,
            double regUpperLimit,
            double regGranularityPrune,
            double magRatioLimit) {
        /** Checks the numbers, with a {@link SettingException}. */
        public Growing {
            require(updateRegInterval >= 1, "updateRegInterval", "1 or more", updateRegInterval);
            require(stabilizeRegInterval >= 0, "stabilizeRegInterval", "0 or more", stabilizeRegInterval);
            positive("regUpperLimit", regUpperLimit);
            positive("regGranularityPrune", regGranularityPrune);
            require(magRatioLimit > 0, "magRatioLimit", "a number above 0", magRatioLimit);
            reaches("regGranularityPrune", regGranularityPrune, "regUpperLimit", regUpperLimit);
        }

        /**
         * The training steps of GReg-1 until the removal, if no magnitude ratio ends its growth early: (n - 1) K_u + K_s + 1,
         * where n updates bring lambda above tau. FixReg, whose penalty does not grow, takes K_s + 1.
         */
        public long steps() {
            long updates = 0;
            float step = (float) regGranularityPrune;
            for (float lambda = 0; !(lambda > (float) regUpperLimit); lambda += step) updates++;
            return (updates - 1) * updateRegInterval + stabilizeRegInterval + 1;
        }
    }

    /**
     * How GReg-2 picks: lambda_j += delta lambda for all j (eq. 9) up to tau', where the smallest scores are picked.
     *
     * @param regUpperLimitPick tau': GReg-2 picks once lambda has reached it; default 0.01 (paper)
     * @param regGranularityPick delta lambda while picking, added per update to every group; default 1e-5 (reference)
     * @param regGranularityRecover lambda of the groups released by the pick, assigned, not added; negative works against
     *     the weight decay; default -1e-4 (reference; the paper says minus the weight decay, see {@link Semantics})
     */
    public record Picking(double regUpperLimitPick, double regGranularityPick, double regGranularityRecover) {
        /** Checks the numbers, with a {@link SettingException}. */
        public Picking {
            positive("regUpperLimitPick", regUpperLimitPick);
            positive("regGranularityPick", regGranularityPick);
            require(
                    Float.isFinite((float) regGranularityRecover),
                    "regGranularityRecover",
                    "a finite number",
                    regGranularityRecover);
        }
    }

    /** Checks the numbers; the {@link SettingException} says which is wrong, what was expected and what it got. */
    public GregConfig {
        positive("lrPrune", lrPrune);
        require(weightDecay >= 0 && weightDecay <= Float.MAX_VALUE, "weightDecay", "0 or more", weightDecay);
        require(momentum >= 0 && momentum < 1, "momentum", "a number in [0, 1)", momentum);
        if (method == PruningMethod.GREG_2) {
            boolean one = semantics == Semantics.PAPER;
            reaches(
                    one ? "regGranularityPrune" : "regGranularityPick",
                    one ? growing.regGranularityPrune : picking.regGranularityPick,
                    "regUpperLimitPick",
                    picking.regUpperLimitPick);
        }
    }

    /** {@link PruningMethod#L1} with the defaults, to change some. */
    public static Builder l1() {
        return of(PruningMethod.L1);
    }

    /** {@link PruningMethod#GREG_1} with the defaults, to change some. */
    public static Builder greg1() {
        return of(PruningMethod.GREG_1);
    }

    /** {@link PruningMethod#GREG_2} with the defaults, to change some. */
    public static Builder greg2() {
        return of(PruningMethod.GREG_2);
    }

    /** {@link PruningMethod#FIX_REG} with the defaults, to change some. */
    public static Builder fixReg() {
        return of(PruningMethod.FIX_REG);
    }

    /** A method with the defaults of the reference implementation (the paper's ImageNet values), to change some. */
    public static Builder of(PruningMethod method) {
        return new Builder().method(method);
    }

    /** True if the layers' magnitude ratios are tracked: not for single weights, as in the reference implementation. */
    public boolean tracksRatios() {
        return granularity.structured();
    }

    private static void positive(String setting, double value) {
        require((float) value > 0 && value <= Float.MAX_VALUE, setting, "a number above 0", value);
    }

    /** A step that vanishes in float32 rounding before the limit is reached would make a run endless. */
    private static void reaches(String setting, double step, String limitSetting, double limit) {
        if (!((float) limit + (float) step > (float) limit)) {
            throw new SettingException(
                    setting,
                    step + " is too small to reach " + limitSetting + " = " + limit + " in float32, the sum would stall"
                            + " below it; use at least " + Math.ulp((float) limit));
        }
    }

    /** A builder that holds the settings of this configuration, to change some. */
    public Builder toBuilder() {
        Builder b = new Builder();
        b.method = method;
        b.granularity = granularity;
        b.score = score;
        b.pickPruned = pickPruned;
        b.semantics = semantics;
        b.updateRegInterval = growing.updateRegInterval;
        b.stabilizeRegInterval = growing.stabilizeRegInterval;
        b.regUpperLimit = growing.regUpperLimit;
        b.regGranularityPrune = growing.regGranularityPrune;
        b.magRatioLimit = growing.magRatioLimit;
        b.regUpperLimitPick = picking.regUpperLimitPick;
        b.regGranularityPick = picking.regGranularityPick;
        b.regGranularityRecover = picking.regGranularityRecover;
        b.lrPrune = lrPrune;
        b.weightDecay = weightDecay;
        b.momentum = momentum;
        b.blockLossGrad = blockLossGrad;
        b.seed = seed;
        return b;
    }

    /** Collects settings, each named like the component of its record; {@link #build} checks them. */
    public static final class Builder {
        private PruningMethod method;
        private Granularity granularity = Granularity.FILTER;
        private ScoreKind score = ScoreKind.L1;
        private PickPruned pickPruned = PickPruned.MIN;
        private Semantics semantics = Semantics.REFERENCE;
        private int updateRegInterval = 5;
        private int stabilizeRegInterval = 40_000;
        private double regUpperLimit = 1.0;
        private double regGranularityPrune = 1e-4;
        private double magRatioLimit = 1000;
        private double regUpperLimitPick = 0.01;
        private double regGranularityPick = 1e-5;
        private double regGranularityRecover = -1e-4;
        private double lrPrune = 0.001;
        private double weightDecay = 1e-4;
        private double momentum = 0.9;
        private boolean blockLossGrad;
        private long seed;

        private Builder() {}

        /** The values of the paper's CIFAR commands: K_u 10, K_s 10,000, weight decay 5e-4. */
        public Builder cifar() {
            updateRegInterval = 10;
            stabilizeRegInterval = 10_000;
            weightDecay = 5e-4;
            return this;
        }

        /** See {@link GregConfig#method}. */
        public Builder method(PruningMethod value) {
            method = value;
            return this;
        }

        /** See {@link GregConfig#granularity}. */
        public Builder granularity(Granularity value) {
            granularity = value;
            return this;
        }

        /** See {@link GregConfig#score}. */
        public Builder score(ScoreKind value) {
            score = value;
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

        /** See {@link Growing#updateRegInterval}. */
        public Builder updateRegInterval(int value) {
            updateRegInterval = value;
            return this;
        }

        /** See {@link Growing#stabilizeRegInterval}. */
        public Builder stabilizeRegInterval(int value) {
            stabilizeRegInterval = value;
            return this;
        }

        /** See {@link Growing#regUpperLimit}. */
        public Builder regUpperLimit(double value) {
            regUpperLimit = value;
            return this;
        }

        /** See {@link Growing#regGranularityPrune}. */
        public Builder regGranularityPrune(double value) {
            regGranularityPrune = value;
            return this;
        }

        /** See {@link Growing#magRatioLimit}. */
        public Builder magRatioLimit(double value) {
            magRatioLimit = value;
            return this;
        }

        /** See {@link Picking#regUpperLimitPick}. */
        public Builder regUpperLimitPick(double value) {
            regUpperLimitPick = value;
            return this;
        }

        /** See {@link Picking#regGranularityPick}. */
        public Builder regGranularityPick(double value) {
            regGranularityPick = value;
            return this;
        }

        /** See {@link Picking#regGranularityRecover}. */
        public Builder regGranularityRecover(double value) {
            regGranularityRecover = value;
            return this;
        }

        /** See {@link GregConfig#lrPrune}. */
        public Builder lrPrune(double value) {
            lrPrune = value;
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

        /** The configuration; the {@link SettingException} says which setting is wrong. */
        public GregConfig build() {
            return new GregConfig(
                    method,
                    granularity,
                    score,
                    pickPruned,
                    semantics,
                    new Growing(
                            updateRegInterval, stabilizeRegInterval, regUpperLimit, regGranularityPrune, magRatioLimit),
                    new Picking(regUpperLimitPick, regGranularityPick, regGranularityRecover),
                    lrPrune,
                    weightDecay,
                    momentum,
                    blockLossGrad,
                    seed);
        }
    }
}
