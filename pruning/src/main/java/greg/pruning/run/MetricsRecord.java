package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.pruning.growth.GrowthEvent;
import java.util.LinkedHashMap;
import java.util.Map;

/** A line of {@code metrics.jsonl}. Accuracies are in percent; JSON has no NaN, so a number that is not finite is null. */
public sealed interface MetricsRecord {
    /** The part of the run, e.g. {@code finetune} or {@code grow}. */
    String phase();

    /**
     * The end of an epoch.
     *
     * @param epoch from 0
     * @param iteration its last one
     * @param lr learning rate of the epoch
     * @param loss mean on the training images
     * @param accuracy on the training images
     * @param testLoss mean on the test images
     * @param testAccuracy top-1 on the test images
     * @param testAccuracy5 top-5 on the test images
     * @param seconds wall time of the phase
     */
    @JsonNaming(SnakeCaseStrategy.class)
    record Epoch(
            String phase,
            int epoch,
            long iteration,
            float lr,
            double loss,
            double accuracy,
            double testLoss,
            double testAccuracy,
            double testAccuracy5,
            double imagesPerSecond,
            double seconds)
            implements MetricsRecord {}

    /**
     * A step of a growth at which something was decided.
     *
     * @param loss of the step
     * @param layers what an update found in each layer that loses groups; null if there was no update
     * @param cutShort at the removal: whether the limit on iterations came before the end of the schedule; else null
     */
    @JsonNaming(SnakeCaseStrategy.class)
    record Growth(
            String phase,
            long iteration,
            Float loss,
            @JsonInclude(JsonInclude.Include.NON_NULL) Map<String, Layer> layers,
            @JsonInclude(JsonInclude.Include.NON_NULL) Boolean cutShort)
            implements MetricsRecord {
        /** An update of lambda. */
        static Growth update(long iteration, float loss, Map<String, Layer> layers) {
            return new Growth("grow", iteration, finite(loss), new LinkedHashMap<>(layers), null);
        }

        /** The start of stabilising. */
        static Growth stabilise(long iteration, float loss) {
            return new Growth("stabilise", iteration, finite(loss), null, null);
        }

        /** The removal. */
        static Growth remove(long iteration, float loss, boolean cutShort) {
            return new Growth("remove", iteration, finite(loss), null, cutShort);
        }
    }

    /** A layer at an update; see {@link GrowthEvent}. */
    @JsonNaming(SnakeCaseStrategy.class)
    record Layer(
            float lambda,
            float lambdaMin,
            Float scoreMean,
            Float scoreStd,
            Float magnitudeRatio,
            Float history,
            boolean picked,
            boolean finished) {
        static Layer of(GrowthEvent event) {
            return new Layer(
                    event.lambdaMax(),
                    event.lambdaMin(),
                    finite(event.scoreMean()),
                    finite(event.scoreStd()),
                    finite(event.magRatio()),
                    finite(event.history()),
                    event.picked(),
                    event.finished());
        }
    }

    private static Float finite(float value) {
        return Float.isFinite(value) ? value : null;
    }
}
