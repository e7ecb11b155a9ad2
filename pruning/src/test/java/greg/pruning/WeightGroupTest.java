package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.spec.GroupIndex;
import org.junit.jupiter.api.Test;

class WeightGroupTest {
    @Test
    void groupsOfAConvolution() {
        assertEquals(new GroupIndex(16, 3 * 9), WeightGroup.FILTER.index(16, 3, 9));
        assertEquals(new GroupIndex(3, 9), WeightGroup.CHANNEL.index(16, 3, 9));
        assertEquals(new GroupIndex(16 * 3 * 9, 1), WeightGroup.WEIGHT.index(16, 3, 9));
    }

    /** Element (o, i, p) of a dense (out, in, positions) weight, by hand. */
    @Test
    void whichElementIsWhere() {
        int out = 4, in = 3, positions = 9;
        int o = 2, i = 1, p = 5;
        long flat = (o * in + i) * positions + p;
        assertEquals(o, WeightGroup.FILTER.index(out, in, positions).of(flat));
        assertEquals(i, WeightGroup.CHANNEL.index(out, in, positions).of(flat));
        assertEquals(flat, WeightGroup.WEIGHT.index(out, in, positions).of(flat));
    }

    @Test
    void moreWeightsThanAnIntHolds() {
        assertThrows(ArithmeticException.class, () -> WeightGroup.WEIGHT.index(1 << 20, 1 << 12, 1));
    }
}
