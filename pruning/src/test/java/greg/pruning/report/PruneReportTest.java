package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.train.Score;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the report says about the one-shot comparison. */
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
                null,
                BEFORE,
                HALF,
                oneShot,
                List.of(new Speed(Speed.GREG, 64, 2, 1, 3, List.of())),
                Map.of(),
                false,
                null);
    }

    /** L1 with the steps of growing too. */
    private static PruneReport matched(boolean masked) {
        Score score = new Score(10, 0.5, 5, 9);
        Score tuned = new Score(10, 0.25, 8, 10);
        return new PruneReport(
                "lenet5",
                "mnist",
                "cpu",
                score,
                new Accuracies("GReg-2", score, score, null),
                new Accuracies("L1 one-shot", score, new Score(10, 0.25, 7, 10), null),
                new Accuracies("L1 matched to GReg-2", score, tuned, null),
                BEFORE,
                HALF,
                QUARTER,
                List.of(),
                Map.of(),
                masked,
                null);
    }

    @Test
    void l1WithTheStepsOfGrowingHasAColumnOfItsOwn() {
        PruneReport report = matched(false);
        String text = report.toText();
        assertTrue(text.lines().anyMatch(l -> l.matches(" +base +GReg-2 +L1 one-shot +L1 matched")), text);
        assertTrue(line(report, "top-1 after finetuning").matches(".* 50.00 % +70.00 % +80.00 %"), text);
        assertTrue(line(report, "multiply-accumulates").endsWith(" 1,600         1,600"), text);
        JsonNode json = Json.tree(ReportFile.of(report, null)).get("l1_matched");
        assertEquals("L1 matched to GReg-2", json.get("method").asText());
        assertEquals(80.0, json.get("after_finetuning").get("top1").asDouble());
        assertEquals(250, json.get("all_params").asLong());
    }

    @Test
    void ofMaskedWeightsItSaysThatDenseKernelsGainNothing() {
        assertTrue(matched(true).toText().contains("dense ones, such as greg's, multiply by zeros too"));
        assertFalse(matched(false).toText().contains("dense"), "filters are gone");
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
        JsonNode oneShot = Json.tree(ReportFile.of(report(QUARTER), null)).get("one_shot_l1");
        assertEquals(225, oneShot.get("params").asLong());
        assertEquals(250, oneShot.get("all_params").asLong());
        assertEquals(1600, oneShot.get("macs").asLong());
        assertEquals(3200, oneShot.get("flops").asLong());
        assertEquals(75.0, oneShot.get("sparsity_percent").asDouble());
        assertEquals(2.5, oneShot.get("speedup").asDouble());
        assertTrue(
                Json.tree(ReportFile.of(report(null), null)).get("one_shot_l1").isNull());
    }

    /** Names and order of report.json, which other programs read. */
    @Test
    void theFileIsAsItAlwaysWas() {
        Score score = new Score(10, 0.5, 5, 9);
        PruneReport report = new PruneReport(
                "lenet5",
                "mnist",
                "cpu",
                score,
                new Accuracies("GReg-2", score, new Score(10, 0.25, 6, 10), null),
                new Accuracies("L1 one-shot", score, null, null),
                null,
                BEFORE,
                HALF,
                QUARTER,
                List.of(new Speed(Speed.GREG, 64, 2, 1, 3, List.of())),
                Map.of("base", 1.5),
                false,
                new Published(1, 93.5, new MeanStd(90, 0.25, 3), MeanStd.single(87), 2.5, null));
        String accuracy = "{'records':10,'top1':50.0,'top5':90.0,'loss':0.5}";
        String expected = "{'arch':'lenet5','dataset':'mnist','device':'cpu','base':" + accuracy
                + ",'pruned':{'method':'GReg-2','after_removal':" + accuracy
                + ",'after_finetuning':{'records':10,'top1':60.0,'top5':100.0,'loss':0.25},'best_epoch':null}"
                + ",'one_shot_l1':{'method':'L1 one-shot','after_removal':" + accuracy
                + ",'after_finetuning':null,'best_epoch':null,'params':225,'all_params':250,'macs':1600,'flops':3200"
                + ",'sparsity_percent':75.0,'speedup':2.5}"
                + ",'params':{'before':900,'after':450},'all_params':{'before':1000,'after':500}"
                + ",'macs':{'before':4000,'after':1000},'flops':{'before':8000,'after':2000}"
                + ",'sparsity_percent':50.0,'speedup':4.0,'compression':2.0"
                + ",'measured':[{'engine':'greg','batch':64,'dense_ms':2.0,'pruned_ms':1.0,'speedup':2.0,'rounds':3}]"
                + ",'seconds':{'base':1.5},'published':{'source':'ICLR 2021 paper, Table 1','base_top1':93.5"
                + ",'top1':{'mean':90.0,'std':0.25,'runs':3},'one_shot_l1_top1':{'mean':87.0,'std':null,'runs':1}"
                + ",'speedup':2.5,'sparsity_percent':null},'growth':null}";
        assertEquals(expected.replace('\'', '"'), Json.line(ReportFile.of(report, null)));
    }
}
