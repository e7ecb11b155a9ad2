package greg.pruning.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.spec.GroupIndex;
import org.junit.jupiter.api.Test;

class GranularityTest {
    @Test
    void groupsOfAConvolution() {
        assertEquals(new GroupIndex(16, 3 * 9), Granularity.FILTER.index(16, 3, 9));
        assertEquals(new GroupIndex(3, 9), Granularity.CHANNEL.index(16, 3, 9));
        assertEquals(new GroupIndex(16 * 3 * 9, 1), Granularity.WEIGHT.index(16, 3, 9));
    }

    /** Element (o, i, p) of a dense (out, in, positions) weight, by hand. */
    @Test
    void whichElementIsWhere() {
        int out = 4, in = 3, positions = 9;
        int o = 2, i = 1, p = 5;
        long flat = (o * in + i) * positions + p;
        assertEquals(o, Granularity.FILTER.index(out, in, positions).of(flat));
        assertEquals(i, Granularity.CHANNEL.index(out, in, positions).of(flat));
        assertEquals(flat, Granularity.WEIGHT.index(out, in, positions).of(flat));
    }

    @Test
    void moreWeightsThanAnIntHolds() {
        assertThrows(ArithmeticException.class, () -> Granularity.WEIGHT.index(1 << 20, 1 << 12, 1));
    }
}
