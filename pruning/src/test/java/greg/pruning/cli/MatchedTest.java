package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --one-shot matched}: L1 with as many steps before finetuning as growing takes. */
class MatchedTest extends LenetRuns {
    private static JsonNode report(Path run) throws Exception {
        return JSON.readTree(run.resolve("report.json").toFile());
    }

    /** tau 1 by steps of 0.25 each iteration: the fifth update is above it, then two more steps. */
    @Test
    void l1TrainsAsManySteps() throws Exception {
        Path run = temp.resolve("run");
        Cli told = prune(run, "--method", "GReg-1", "--stage-pr", RATIOS, "--one-shot", "matched");
        assertEquals(0, told.code(), told.err());
        long removal = JSON.readTree(run.resolve("plan.json").toFile())
                .get("growth")
                .get("removal")
                .asLong();
        assertEquals(6, removal);
        assertTrue(told.err().contains("match L1: 100% (56/56 img"), "seven steps of 8 images: " + told.err());
        JsonNode matched = report(run).get("l1_matched");
        JsonNode plain = report(run).get("one_shot_l1");
        assertEquals("L1 matched to GReg-1", matched.get("method").asText());
        assertEquals(plain.get("after_removal"), matched.get("after_removal"), "the same network is cut");
        assertTrue(matched.get("after_finetuning").get("loss").asDouble()
                != plain.get("after_finetuning").get("loss").asDouble());
        assertEquals(plain.get("macs"), matched.get("macs"));
        Cli table = Cli.run("report", run.toString());
        assertTrue(table.out().contains("| L1 matched to GReg-1 |"), table.out());
        assertTrue(table.out().contains("| L1  "), table.out());
    }

    @Test
    void fixRegGetsTheStepsOfGReg1() throws Exception {
        Path run = pruned("fix", "--method", "FixReg", "--stage-pr", RATIOS, "--one-shot", "matched", "--no-finetune");
        assertEquals(
                6,
                JSON.readTree(run.resolve("plan.json").toFile())
                        .get("growth")
                        .get("removal")
                        .asLong());
        Cli shorter = prune(temp.resolve("short"), "--method", "FixReg", "--stage-pr", RATIOS, "--no-finetune");
        assertTrue(
                shorter.err().contains("FixReg trains 3 steps until the removal, GReg-1 with these settings 7"),
                shorter.err());
    }

    @Test
    void l1AloneGetsThemToo() throws Exception {
        Path run = pruned("l1", "--method", "L1", "--stage-pr", RATIOS, "--one-shot", "matched");
        assertEquals(
                "L1 matched to GReg-1",
                report(run).get("l1_matched").get("method").asText());
        assertTrue(report(run).get("one_shot_l1").isNull(), "it is the method of the run");
    }

    /** Interrupted in the steps of growing, and in the finetuning after them. */
    @ParameterizedTest
    @ValueSource(ints = {15, 20})
    void isResumed(int steps) throws Exception {
        List<String> flags = List.of("--method", "GReg-1", "--stage-pr", RATIOS, "--one-shot", "matched");
        Path whole = pruned("whole", flags.toArray(new String[0]));
        Path stopped = temp.resolve("stopped");
        Interrupts.pretend(steps);
        Cli first = prune(stopped, flags.toArray(new String[0]));
        Interrupts.pretend(0);
        assertEquals(Failures.INTERRUPTED, first.code(), first.err());
        assertTrue(first.err().contains(steps == 15 ? "in match L1" : "in finetune matched L1"), first.err());
        Cli rest = Cli.run("prune", "--resume", stopped.toString());
        assertEquals(0, rest.code(), rest.err());
        RunFolders.assertSame(whole, stopped);
    }
}
