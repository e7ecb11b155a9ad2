package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MeanStdTest {
    @Test
    void meanAndSampleDeviation() {
        // numpy: mean([1, 2, 4]) = 2.3333333, std(ddof=1) = 1.5275252
        MeanStd three = MeanStd.of(1, 2, 4);
        assertEquals(7 / 3.0, three.mean(), 1e-12);
        assertEquals(1.5275252316519468, three.std(), 1e-12);
        assertEquals("2.33 ± 1.53", three.toString());
        assertEquals("5.00", MeanStd.of(5).toString());
        assertEquals(new MeanStd(5, 0, 1), MeanStd.single(5));
        assertThrows(IllegalArgumentException.class, MeanStd::of);
        assertThrows(IllegalArgumentException.class, () -> MeanStd.of(1, Double.NaN));
    }
}
