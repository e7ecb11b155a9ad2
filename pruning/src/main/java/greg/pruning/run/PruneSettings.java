package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.optim.OptimizerKind;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.select.PickPruned;
import greg.pruning.select.ScoreKind;
import greg.pruning.surgery.Reinit;
import java.util.EnumMap;
import java.util.Map;

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
        L1Comparison oneShot,
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
        return of(
                plan.pruning().config(),
                plan.batchSize(),
                trainsBase ? plan.base() : null,
                plan.finetune(),
                plan.reinit(),
                plan.oneShot());
    }

    /** As above; {@code base} may be null. */
    static PruneSettings of(
            GregConfig c, int batchSizePrune, TrainConfig base, TrainConfig finetune, Reinit reinit, L1Comparison l1) {
        return new PruneSettings(
                c.method(),
                c.granularity(),
                c.score(),
                c.pickPruned(),
                c.semantics(),
                c.lrPrune(),
                batchSizePrune,
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
                reinit,
                l1,
                base == null ? null : Training.of(base),
                Training.of(finetune));
    }

    /** The values as they are written, by setting, in the order of {@link Setting}. */
    public Map<Setting, String> bySetting() {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        put(values, Json.tree(this));
        if (base != null) {
            values.put(Setting.BASE_EPOCHS, Integer.toString(base.epochs));
            values.put(Setting.BASE_LR, base.lr);
        }
        put(values, Json.tree(finetune));
        values.put(Setting.LR_FT, values.remove(Setting.LR));
        values.put(Setting.WEIGHT_DECAY, Written.number(weightDecay)); // finetuning with Adam has none
        values.put(Setting.MOMENTUM, Written.number(momentum));
        values.remove(Setting.SEED);
        return values;
    }

    private static void put(Map<Setting, String> values, JsonNode fields) {
        fields.properties().forEach(field -> {
            Setting setting = Setting.ofWritten(field.getKey().replace('_', '-'));
            if (setting != null
                    && field.getValue().isValueNode()
                    && !field.getValue().isNull()) {
                values.put(setting, plain(field.getValue()));
            }
        });
    }

    private static String plain(JsonNode value) {
        return value.isFloatingPointNumber() ? Written.number(value.doubleValue()) : value.asText();
    }
}
