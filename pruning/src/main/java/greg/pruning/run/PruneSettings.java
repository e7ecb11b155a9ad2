package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.report.Written;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import greg.pruning.surgery.Reinit;

/**
 * The settings of a pruning run as config.json has them: all side by side, wherever they came from. {@link GregConfig} says
 * what they mean.
 *
 * @param base how the base network is trained; null if one was given
 * @param finetune how the pruned network is trained
 */
@JsonNaming(SnakeCaseStrategy.class)
public record PruneSettings(
        PruningMethod method,
        @JsonProperty("wg") Granularity granularity,
        ScoreKind score,
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
        Reinit reinit,
        boolean oneShot,
        Training base,
        Training finetune) {
    /** One training; see {@link TrainConfig}. Adam has no momentum. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Training(
            OptimizerKind optimizer,
            String lr,
            int epochs,
            int batchSize,
            double weightDecay,
            Double momentum,
            String augment,
            long seed,
            long maxIterations) {
        static Training of(TrainConfig c) {
            // config.json has always called the crop of small images standard: such runs must stay resumable
            String augment = c.augment() == Augmentation.CROP ? "standard" : Written.name(c.augment());
            Double momentum = c.optimizer() == OptimizerKind.ADAM ? null : c.momentum();
            return new Training(
                    c.optimizer(),
                    c.lr().toString(),
                    c.epochs(),
                    c.batchSize(),
                    c.weightDecay(),
                    momentum,
                    augment,
                    c.seed(),
                    c.maxIterations());
        }
    }

    /**
     * The settings of a planned run.
     *
     * @param trainsBase whether the base network is trained first
     */
    public static PruneSettings of(PruneRun.Plan plan, boolean trainsBase) {
        GregConfig c = plan.pruning().config();
        return new PruneSettings(
                c.method(),
                c.granularity(),
                c.score(),
                c.pickPruned(),
                c.semantics(),
                c.lrPrune(),
                plan.batchSize(),
                c.growing().updateRegInterval(),
                c.growing().stabilizeRegInterval(),
                c.growing().regUpperLimit(),
                c.picking().regUpperLimitPick(),
                c.picking().regGranularityPick(),
                c.growing().regGranularityPrune(),
                c.picking().regGranularityRecover(),
                c.growing().magRatioLimit(),
                c.weightDecay(),
                c.momentum(),
                c.blockLossGrad(),
                plan.reinit(),
                plan.oneShot(),
                trainsBase ? Training.of(plan.base()) : null,
                Training.of(plan.finetune()));
    }
}
