package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Philox 4x32-10 against the known-answer vectors that its authors publish with Random123 (kat_vectors). */
class PhiloxTest {
    private static int[] block(long seed, long counter, long stream) {
        int[] out = new int[4];
        Philox.block(seed, counter, stream, out);
        return out;
    }

    @Test
    void zeros() {
        assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, block(0, 0, 0));
    }

    @Test
    void ones() {
        assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, block(-1, -1, -1));
    }

    @Test
    void digitsOfPi() {
        // counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0, the least significant word first
        assertArrayEquals(
                new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
                block(0x299f31d0a4093822L, 0x85a308d3243f6a88L, 0x0370734413198a2eL));
    }

    @Test
    void belowCoversItsRangeAndNoMore() {
        assertEquals(0, Philox.below(0, 9));
        assertEquals(8, Philox.below(-1, 9));
        assertEquals(4, Philox.below(0x80000000, 9));
        assertEquals(0, Philox.below(-1, 1));
    }

    @Test
    void uniformIsBelowOne() {
        assertEquals(0.0, Philox.uniform24(255));
        assertEquals(1 - 0x1p-24, Philox.uniform24(-1));
    }
}
