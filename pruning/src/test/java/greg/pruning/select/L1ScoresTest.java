package greg.pruning.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.spec.GroupIndex;
import greg.pruning.graph.Granularity;
import org.junit.jupiter.api.Test;

/**
 * Numbers from PyTorch:
 *
 * <pre>
 * w = (torch.arange(36.) - 17.5).reshape(3, 4, 3, 1)
 * w.abs().mean(dim=[1, 2, 3])    # filter
 * w.abs().mean(dim=[0, 2, 3])    # channel
 * </pre>
 */
class L1ScoresTest {
    private static float[] weight() {
        float[] w = new float[36];
        for (int i = 0; i < w.length; i++) {
            w[i] = i - 17.5f;
        }
        return w;
    }

    @Test
    void filters() {
        assertArrayEquals(new float[] {12, 3, 12}, L1Scores.ofWeights(weight(), Granularity.FILTER.index(3, 4, 3)));
    }

    @Test
    void channels() {
        assertArrayEquals(
                new float[] {9.5f, 8.5f, 8.5f, 9.5f}, L1Scores.ofWeights(weight(), Granularity.CHANNEL.index(3, 4, 3)));
    }

    @Test
    void singleWeights() {
        float[] scores = L1Scores.ofWeights(weight(), Granularity.WEIGHT.index(3, 4, 3));
        assertEquals(36, scores.length);
        assertEquals(17.5f, scores[0]);
        assertEquals(0.5f, scores[17]);
        assertEquals(0.5f, scores[18]);
    }

    @Test
    void fromDeviceSums() {
        assertArrayEquals(new float[] {12, 3, 12}, L1Scores.fromSums(new float[] {144, 36, 144}, 12));
        assertThrows(IllegalArgumentException.class, () -> L1Scores.fromSums(new float[1], 0));
    }

    @Test
    void means() {
        float[] scores = {1, 2, 6};
        assertEquals(3, L1Scores.mean(scores));
        assertEquals(4, L1Scores.mean(scores, new int[] {1, 2}));
        assertEquals(Float.NaN, L1Scores.mean(scores, new int[0]));
    }

    @Test
    void aWeightThatDoesNotFitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> L1Scores.ofWeights(new float[10], new GroupIndex(3, 4)));
        assertThrows(IllegalArgumentException.class, () -> L1Scores.ofWeights(new float[0], new GroupIndex(3, 4)));
    }
}
