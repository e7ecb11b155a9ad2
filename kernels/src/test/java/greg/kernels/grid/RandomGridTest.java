package greg.kernels.grid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendsUnderTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RandomGridTest {
    private static final int CASES = 150;

    @Test
    void randomGeometriesAgreeWithReference() throws Exception {
        BackendsUnderTest.open("cpu");
        RandomGrid grid = new RandomGrid(RandomGrid.java(GridWorker.class), 120_000);
        grid.run(1, 0, CASES, Long.MAX_VALUE);
        assertEquals(List.of(), grid.findings(), grid.summary(1));
        assertEquals(CASES, grid.cases());
        System.out.println(grid.summary(1));
    }

    /** Case 2 ends the process as a signal would, case 4 deviates, case 6 never ends, case 8 is refused. */
    static final class Troubled {
        public static void main(String[] args) throws InterruptedException {
            long end = Long.parseLong(args[1]) + Long.parseLong(args[2]);
            for (long i = Long.parseLong(args[1]); i < end; i++) {
                System.out.println("case " + i + " something");
                if (i == 2) {
                    System.out.println("#\n# Problematic frame:\n# C  [libsomething.so+0x1]\n#");
                    Runtime.getRuntime().halt(134);
                }
                if (i == 4) System.out.println("finding dx deviates");
                if (i == 6) Thread.sleep(Long.MAX_VALUE);
                System.out.println(i == 8 ? "refused because" : "deviation 1.5E-6");
            }
        }
    }

    @Test
    void deathAndSilenceAreFindings() throws Exception {
        RandomGrid grid = new RandomGrid(RandomGrid.java(Troubled.class), 3_000);
        grid.run(7, 0, 10, Long.MAX_VALUE);
        assertEquals(
                List.of(
                        "FINDING seed 7 case 2 something: the process died (exit code 134) in C  [libsomething.so+0x1]",
                        "FINDING seed 7 case 4 something: dx deviates",
                        "FINDING seed 7 case 6 something: no answer in 3000 ms"),
                grid.findings());
        assertEquals(
                "random grid: seed 7, 10 cases, 1 refused, 1 crashed, 1 hung, 3 findings,"
                        + " largest deviation 1.5e-06 of the largest value",
                grid.summary(7));
    }

    /** What is said on standard output before the first case is shown, instead of starting again and again. */
    @Test
    void aProcessThatCannotStartIsAnError() {
        RandomGrid grid =
                new RandomGrid(RandomGrid.java(RandomGrid.class), 60_000); // which does not know these arguments
        IOException error = assertThrows(IOException.class, () -> grid.run(7, 0, 10, Long.MAX_VALUE));
        assertTrue(error.getMessage().contains("expected --seed"), error.getMessage());
    }

    @Test
    void theTimeEndsARun() throws Exception {
        RandomGrid grid = new RandomGrid(RandomGrid.java(Endless.class), 60_000);
        grid.run(7, 0, Long.MAX_VALUE, 1);
        assertEquals(List.of(), grid.findings());
        assertTrue(grid.cases() > 0, grid.summary(7));
    }

    /** Cases without an end, which nothing is wrong with. */
    static final class Endless {
        public static void main(String[] args) {
            for (long i = 0; !System.out.checkError(); i++) System.out.println("case " + i + " x\ndeviation 0");
        }
    }

    @Test
    void aNumberThatIsNoneDeviates() {
        GridCase.Result expected = new GridCase.Result("y", new float[] {1, -4}, 1);
        assertEquals(0, GridWorker.deviation(expected, new float[] {1, -4}));
        assertEquals(0.25, GridWorker.deviation(expected, new float[] {2, -4}));
        assertEquals(Double.POSITIVE_INFINITY, GridWorker.deviation(expected, new float[] {Float.NaN, -4}));
        assertEquals(Double.POSITIVE_INFINITY, GridWorker.deviation(expected, new float[] {1}));
        // sums that come out near 0 are compared with the size that they usually have
        assertEquals(
                1e-3, GridWorker.deviation(new GridCase.Result("db", new float[] {0}, 100), new float[] {0.1f}), 1e-9);
    }
}
