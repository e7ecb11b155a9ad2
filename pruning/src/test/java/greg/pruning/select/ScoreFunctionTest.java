package greg.pruning.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.spec.GroupIndex;
import greg.pruning.graph.Granularity;
import org.junit.jupiter.api.Test;

/**
 * Numbers from NumPy:
 *
 * <pre>
 * w = (np.arange(36.) - 17.5).reshape(3, 4, 3, 1)
 * g = (np.arange(36.) % 5 - 2).reshape(3, 4, 3, 1)
 * filter, channel = (1, 2, 3), (0, 2, 3)
 * np.sqrt((w * w).mean(filter)), np.sqrt((w * w).mean(channel))
 * abs(w * g).sum(filter), abs(w * g).sum(channel)
 * </pre>
 */
class ScoreFunctionTest {
    private static final GroupIndex FILTERS = Granularity.FILTER.index(3, 4, 3);
    private static final GroupIndex CHANNELS = Granularity.CHANNEL.index(3, 4, 3);

    private final float[] weight = new float[36];
    private final float[] gradient = new float[36];

    ScoreFunctionTest() {
        for (int i = 0; i < weight.length; i++) {
            weight[i] = i - 17.5f;
            gradient[i] = i % 5 - 2;
        }
    }

    @Test
    void l1IsTheMeanOfMagnitudesAsBefore() {
        assertArrayEquals(
                L1Scores.ofWeights(weight, FILTERS), ScoreKind.L1.function().of(weight, null, FILTERS));
        assertArrayEquals(new float[] {12, 3, 12}, ScoreKind.L1.function().of(weight, null, FILTERS));
    }

    @Test
    void l2() {
        ScoreFunction l2 = ScoreKind.L2.function();
        assertArrayEquals(new float[] {12.48665955f, 3.45205253f, 12.48665955f}, l2.of(weight, null, FILTERS), 1e-6f);
        assertArrayEquals(
                new float[] {10.81280106f, 9.94568583f, 9.94568583f, 10.81280106f},
                l2.of(weight, null, CHANNELS),
                1e-6f);
    }

    @Test
    void taylor() {
        ScoreFunction taylor = ScoreKind.TAYLOR.function();
        assertArrayEquals(new float[] {177.5f, 35.5f, 192}, taylor.of(weight, gradient, FILTERS));
        assertArrayEquals(new float[] {99.5f, 106.5f, 68, 131}, taylor.of(weight, gradient, CHANNELS));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> taylor.of(weight, new float[35], FILTERS));
        assertEquals("scores: expected a gradient of 36 elements like the weight, got 35", e.getMessage());
    }

    @Test
    void onSingleWeightsL1AndL2AreTheMagnitude() {
        GroupIndex single = Granularity.WEIGHT.index(3, 4, 3);
        assertArrayEquals(
                L1Scores.ofWeights(weight, single), ScoreKind.L2.function().of(weight, null, single));
    }
}
