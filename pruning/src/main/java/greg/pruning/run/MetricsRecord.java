package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.train.Score;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.select.Selection;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
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
            Double loss,
            double accuracy,
            Double testLoss,
            double testAccuracy,
            double testAccuracy5,
            double imagesPerSecond,
            double seconds)
            implements MetricsRecord {
        static Epoch of(
                String phase,
                int epoch,
                long iteration,
                float lr,
                Score train,
                Score test,
                double imagesPerSecond,
                double seconds) {
            return new Epoch(
                    phase,
                    epoch,
                    iteration,
                    lr,
                    finite(train.loss()),
                    train.accuracy(),
                    finite(test.loss()),
                    test.accuracy(),
                    test.accuracy5(),
                    imagesPerSecond,
                    seconds);
        }
    }

    /**
     * A step of a growth.
     *
     * @param phase {@code grow}, {@code stabilise}, or {@code remove} for the last step
     * @param loss of the step
     * @param layers the layers that lose groups, before the step; null in the record that marks the start of stabilising
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
        private static final String GROW = "grow";
        private static final String STABILISE = "stabilise";
        private static final String REMOVE = "remove";

        /** A step while lambda grows. */
        static Growth grow(long iteration, float loss, Map<String, Layer> layers) {
            return new Growth(GROW, iteration, finite(loss), layers, null);
        }

        /** A step while lambda is constant. */
        static Growth stabilise(long iteration, float loss, Map<String, Layer> layers) {
            return new Growth(STABILISE, iteration, finite(loss), layers, null);
        }

        /** The removal. */
        static Growth remove(long iteration, float loss, Map<String, Layer> layers, boolean cutShort) {
            return new Growth(REMOVE, iteration, finite(loss), layers, cutShort);
        }
    }

    /**
     * The score of each group of the layers that have a ratio, before a step; the last of these records, of the iteration of the
     * removal, is that of the removal itself, after its step.
     *
     * @param lambda the largest of the network
     * @param layers by name; layers with more than {@value #MOST_GROUPS} groups are left out
     */
    record Scores(String phase, long iteration, float lambda, Map<String, Groups> layers) implements MetricsRecord {
        /** The phase that these records have. */
        static final String PHASE = "scores";

        /** More make a record of megabytes. */
        static final int MOST_GROUPS = 2048;
    }

    /**
     * The groups of a layer.
     *
     * @param scores mean |w| of each group, four digits of it; where layers lose their groups together, the sum of the means
     *     in all of them
     * @param pruned the groups that would be removed now, and at the removal those that are; none of a linear layer unless
     *     single weights are masked
     */
    record Groups(Float[] scores, int[] pruned) {
        private static final MathContext FOUR_DIGITS = new MathContext(4);

        static Groups of(float[] scores, Selection selection) {
            Float[] rounded = new Float[scores.length];
            for (int g = 0; g < scores.length; g++) {
                if (Float.isFinite(scores[g]))
                    rounded[g] = new BigDecimal(scores[g]).round(FOUR_DIGITS).floatValue();
            }
            int[] pruned = selection.pruned().clone();
            Arrays.sort(pruned);
            return new Groups(rounded, pruned);
        }
    }

    /**
     * The network on the test images before a step of a growth, as it is and without the groups that are to be removed.
     *
     * @param testLoss mean, as it is
     * @param testAccuracy top-1, as it is
     * @param testAccuracy5 top-5, as it is
     * @param removedLoss mean, if the removal were now
     * @param removedAccuracy top-1, if the removal were now
     * @param removedAccuracy5 top-5, if the removal were now
     */
    @JsonNaming(SnakeCaseStrategy.class)
    record Test(
            String phase,
            long iteration,
            Double testLoss,
            double testAccuracy,
            double testAccuracy5,
            Double removedLoss,
            double removedAccuracy,
            double removedAccuracy5)
            implements MetricsRecord {
        static Test of(long iteration, Score now, Score removed) {
            return new Test(
                    "test",
                    iteration,
                    finite(now.loss()),
                    now.accuracy(),
                    now.accuracy5(),
                    finite(removed.loss()),
                    removed.accuracy(),
                    removed.accuracy5());
        }
    }

    /** A layer before a step; see {@link GrowthEvent}. */
    @JsonNaming(SnakeCaseStrategy.class)
    record Layer(
            float lambda,
            float lambdaMin,
            Float scoreMean,
            Float scoreStd,
            Float keptMagnitude,
            Float prunedMagnitude,
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
                    finite(event.keptMagnitude()),
                    finite(event.prunedMagnitude()),
                    finite(event.magRatio()),
                    finite(event.history()),
                    event.picked(),
                    event.finished());
        }
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static Float finite(float value) {
        return Float.isFinite(value) ? value : null;
    }
}
