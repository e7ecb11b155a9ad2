package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.train.Score;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the report says of the comparison beside the run. */
class PruneReportTest {
    private static final NetworkSize BEFORE = new NetworkSize(900, 1000, 4000);
    private static final NetworkSize HALF = new NetworkSize(450, 500, 1000);
    private static final NetworkSize QUARTER = new NetworkSize(225, 250, 1600);

    private static PruneReport report(NetworkSize oneShot) {
        Score score = new Score(10, 0.5, 5, 9);
        return new PruneReport(
                "lenet5",
                "mnist",
                "cpu",
                score,
                new Accuracies("GReg-2", score, null, null),
                oneShot == null ? null : new Accuracies("L1 one-shot", score, null, null),
                BEFORE,
                HALF,
                oneShot,
                List.of(new Speed(64, 2, 1, 3)),
                Map.of(),
                null);
    }

    private static String line(PruneReport report, String name) {
        return report.toText()
                .lines()
                .filter(l -> l.startsWith(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void sameIsSaidOfEqualSizesOnly() {
        PruneReport equal = report(new NetworkSize(450, 500, 1000));
        for (String row :
                List.of("parameters with BN", "multiply-accumulates", "parameters removed", "speedup in theory")) {
            assertTrue(line(equal, row).endsWith(" same"), equal.toText());
        }
        PruneReport other = report(QUARTER);
        assertFalse(other.toText().contains("same"), other.toText());
        assertTrue(line(other, "parameters with BN").endsWith(" 250"), other.toText());
        assertTrue(line(other, "multiply-accumulates").endsWith(" 1,600"), other.toText());
        assertTrue(line(other, "parameters removed").endsWith(" 75.00 %"), other.toText());
        assertTrue(line(other, "speedup in theory").endsWith(" 2.50x"), other.toText());
        assertFalse(report(null).toText().contains("same"));
    }

    @Test
    void nothingIsSaidOfATimeThatWasNotTaken() {
        assertTrue(line(report(HALF), "measured, batch 64").endsWith("1.000 ms (2.00x)"));
    }

    @Test
    void programsGetTheSizeToo() {
        Map<?, ?> oneShot = (Map<?, ?>) report(QUARTER).toMap().get("one_shot_l1");
        assertEquals(225L, oneShot.get("params"));
        assertEquals(250L, oneShot.get("all_params"));
        assertEquals(1600L, oneShot.get("macs"));
        assertEquals(3200L, oneShot.get("flops"));
        assertEquals(75.0, oneShot.get("sparsity_percent"));
        assertEquals(2.5, oneShot.get("speedup"));
        assertNull(report(null).toMap().get("one_shot_l1"));
    }
}
