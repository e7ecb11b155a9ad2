package greg.pruning.select;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {
    /** From Python: {@code min(math.ceil(pr * n), n - 1)}; the product in double decides 0.55 * 100 and 0.07 * 100. */
    @ParameterizedTest
    @CsvSource({
        "0.9, 16, 15", "0.925, 16, 15", "0.95, 16, 15", "0.5, 16, 8", "0.7, 10, 7", "0.55, 100, 56", "0.07, 100, 8",
        "0.3, 64, 20", "0.68, 64, 44", "0.01, 16, 1", "0, 16, 0", "0.5, 1, 0", "0.999, 512, 511", "0.7, 512, 359"
    })
    void count(double ratio, int groups, int expected) {
        assertEquals(expected, Selection.count(ratio, groups));
    }

    @Test
    void ratiosOutsideAreRefused() {
        for (double ratio : new double[] {1, -0.5, Double.NaN, 2}) {
            assertThrows(IllegalArgumentException.class, () -> Selection.count(ratio, 16));
        }
    }

    @Test
    void smallestInOrderOfScoreThenNumber() {
        Selection s = Selection.smallest(new float[] {3, 1, 2, 1, 0, 5, 1, 4}, 0.5);
        assertArrayEquals(new int[] {4, 1, 3, 6}, s.pruned());
        assertArrayEquals(new int[] {0, 2, 5, 7}, s.kept());
    }

    @Test
    void largest() {
        Selection s = Selection.choose(new float[] {3, 1, 5, 5, 0}, 0.5, PickPruned.MAX, 0);
        assertArrayEquals(new int[] {2, 3, 0}, s.pruned());
        assertArrayEquals(new int[] {1, 4}, s.kept());
    }

    @Test
    void negativeZeroAndNanHaveAPlace() {
        Selection s = Selection.smallest(new float[] {Float.NaN, 1, Float.POSITIVE_INFINITY, -1, 0}, 0.8);
        assertArrayEquals(new int[] {3, 4, 1, 2}, s.pruned());
        assertArrayEquals(new int[] {0}, s.kept());
    }

    @Test
    void randomIsAPermutationFixedByItsSeed() {
        float[] scores = new float[1000];
        Selection a = Selection.choose(scores, 0.5, PickPruned.RAND, 7);
        assertEquals(a, Selection.choose(scores, 0.5, PickPruned.RAND, 7));
        assertEquals(500, Arrays.stream(a.pruned()).distinct().count());
        Selection b = Selection.choose(scores, 0.5, PickPruned.RAND, 8);
        long common = Arrays.stream(a.pruned())
                .filter(g -> Arrays.stream(b.pruned()).anyMatch(h -> h == g))
                .count();
        // hypergeometric with mean 250 and standard deviation 8
        assertEquals(250, common, 60);
    }

    @Test
    void largestGap() {
        assertArrayEquals(
                new int[] {3, 0},
                Selection.smallest(new float[] {2, 9, 10, 1}, Selection.AUTOMATIC)
                        .pruned());
        assertEquals(0, Selection.countAtLargestGap(new float[] {5}));
        assertEquals(0, Selection.countAtLargestGap(new float[] {5, 5, 5}));
    }

    @Test
    void theGapSearchLeavesOutTwoPercentAtEachEnd() {
        float[] scores = new float[100];
        for (int g = 0; g < 100; g++) {
            scores[g] = 100 + g;
        }
        scores[0] = 0; // two far outliers at the low end, one at the high end: the gaps next to them do not count
        scores[1] = 50;
        scores[99] = 1000;
        for (int g = 70; g < 99; g++) {
            scores[g] += 3;
        }
        Selection s = Selection.smallest(scores, Selection.AUTOMATIC);
        assertEquals(70, s.pruned().length);
        assertEquals(70, s.kept()[0]);
    }

    @Test
    void listsThatAreNoSelectionAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Selection.of(4, 4));
        assertThrows(IllegalArgumentException.class, () -> Selection.of(4, -1));
        assertThrows(IllegalArgumentException.class, () -> Selection.of(4, 1, 1));
    }
}
