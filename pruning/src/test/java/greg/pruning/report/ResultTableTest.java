package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ResultTableTest {
    private static RunResult result(String method, long seed, Double finetuned, String... settings) {
        Map<String, String> map = new TreeMap<>(
                Map.of("arch", "resnet20", "dataset", "cifar10", "wg", "filter", "stage-pr", "0.9", "epochs", "2"));
        for (int i = 0; i < settings.length; i += 2) map.put(settings[i], settings[i + 1]);
        Double best = finetuned == null ? null : finetuned + 1;
        return new RunResult(seed, method, map, 90, 10 + seed, finetuned, best, 88.5, 9.25, null, Map.of());
    }

    @Test
    void seedsOfAnExperimentShareARowWithSampleStandardDeviation() {
        ResultTable table = new ResultTable(List.of(
                result("L1", 0, 80.0), result("GReg-1", 0, 83.0), result("L1", 1, 81.0), result("L1", 2, 82.0)));
        assertEquals(2, table.rows().size());
        ResultTable.Row l1 = table.rows().get(0);
        assertEquals(3, l1.runs().size());
        assertEquals(81, l1.finetuned().mean());
        assertEquals(1, l1.finetuned().std(), 1e-12); // sqrt((1 + 0 + 1) / (3 - 1))
        assertEquals(82, l1.best().mean());
        assertEquals(11, l1.of(RunResult::removed).mean(), 1e-12);
        assertEquals("GReg-1", table.rows().get(1).first().method());
        assertTrue(table.toText().contains("| 81.00 \u00b1 1.00 | 82.00 \u00b1 1.00 |"), table.toText());
        assertEquals(82, Json.tree(table.content()).at("/rows/0/best_top1/mean").asDouble());
        assertTrue(table.remarks().isEmpty());
    }

    @Test
    void whatWasMadeDifferentlyIsAnotherRowAndTheDifferenceIsNamed() {
        ResultTable table =
                new ResultTable(List.of(result("L1", 0, 80.0), result("L1", 1, 84.0, "epochs", "4", "reinit", "orth")));
        assertEquals(2, table.rows().size());
        assertEquals(List.of("rows 1 and 2 differ in epochs 2 and 4, reinit unset and orth"), table.remarks());
        ResultTable flags = new ResultTable(
                List.of(result("L1", 0, 80.0), result("L1", 1, 84.0, "epochs", "4")), name -> "--" + name);
        assertEquals(List.of("rows 1 and 2 differ in --epochs 2 and 4"), flags.remarks());
    }

    @Test
    void aSeedCountsOnceAndADisagreementIsSaid() {
        ResultTable same = new ResultTable(List.of(result("L1", 0, 80.0), result("L1", 0, 80.0)));
        assertEquals(1, same.rows().get(0).runs().size());
        assertTrue(same.remarks().isEmpty());
        ResultTable other = new ResultTable(List.of(result("L1", 0, 80.0), result("L1", 0, 79.0)));
        assertEquals(80, other.rows().get(0).finetuned().mean());
        assertTrue(
                other.remarks().get(0).contains("seed 0 was given twice"),
                other.remarks().get(0));
    }

    @Test
    void withoutFinetuningThereIsNoNumberForIt() {
        ResultTable table = new ResultTable(List.of(result("L1", 0, 80.0), result("L1", 1, null)));
        assertNull(table.rows().get(0).finetuned());
        assertTrue(Json.tree(table.content()).get("rows").get(0).get("top1").isNull());
    }

    @Test
    void rowsOfANetworkStandTogetherAndLinesAlign() {
        ResultTable table = new ResultTable(
                List.of(result("L1", 0, 80.0), result("L1", 0, 70.0, "stage-pr", "0.95"), result("GReg-1", 0, 82.0)));
        assertEquals(
                List.of("L1", "GReg-1", "L1"),
                table.rows().stream().map(r -> r.first().method()).toList());
        List<Integer> lengths =
                table.toText().lines().map(String::length).distinct().toList();
        assertEquals(1, lengths.size(), table.toText());
    }
}
