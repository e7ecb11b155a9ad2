package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code greg report} on small runs made by the test. */
class ReportCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path shared;

    @TempDir
    Path temp;

    private static Path prune(String name, String seed, String... more) {
        Path out = shared.resolve(name);
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "lenet5", "--dataset", "mnist"));
        args.addAll(List.of("--data", shared.resolve("mnist").toString(), "--augment", "none", "--wg", "filter"));
        args.addAll(List.of("--base-epochs", "1", "--base-lr", "0.01", "--epochs", "2", "--lr-ft", "0.01"));
        args.addAll(List.of("--batch-size", "8", "--batch-size-prune", "8", "--update-reg-interval", "1"));
        args.addAll(List.of("--stabilize-reg-interval", "2", "--reg-granularity-prune", "0.25"));
        args.addAll(List.of("--stage-pr", "conv2:0.5", "--seed", seed, "--out", out.toString()));
        args.addAll(List.of(more));
        Cli result = Cli.run(args.toArray(new String[0]));
        assertEquals(0, result.code(), result.err());
        return out;
    }

    @BeforeAll
    static void runs() throws Exception {
        TinyData.mnist(shared.resolve("mnist"));
        prune("a", "1", "--method", "GReg-1", "--one-shot");
        prune("b", "2", "--method", "GReg-1", "--one-shot");
        prune("c", "2", "--method", "L1", "--lr-prune", "0.5"); // a setting of the growth phase, which L1 does not have
    }

    private static double top1(String run, String part) throws Exception {
        return JSON.readTree(shared.resolve(run).resolve("report.json").toFile())
                .get(part)
                .get("after_finetuning")
                .get("top1")
                .asDouble();
    }

    @Test
    void seedsAreAveragedAndOneShotIsTheSameAsL1() throws Exception {
        Cli cli = Cli.run("report", "--json", folder("a"), folder("b"), folder("c"));
        assertEquals(0, cli.code(), cli.err());
        JsonNode all = JSON.readTree(cli.out());
        assertEquals(0, all.get("remarks").size(), cli.out());
        assertEquals(2, all.get("rows").size(), cli.out());
        JsonNode greg = all.get("rows").get(0);
        JsonNode l1 = all.get("rows").get(1);
        assertEquals("GReg-1", greg.get("method").asText());
        assertEquals("L1", l1.get("method").asText());
        for (JsonNode row : List.of(greg, l1))
            assertEquals("[1,2]", row.get("seeds").toString());
        assertEquals(
                (top1("a", "pruned") + top1("b", "pruned")) / 2,
                greg.get("top1").get("mean").asDouble(),
                1e-9);
        assertEquals(
                (top1("a", "one_shot_l1") + top1("b", "one_shot_l1")) / 2,
                l1.get("top1").get("mean").asDouble(),
                1e-9);
        assertEquals(top1("c", "pruned"), top1("b", "one_shot_l1"), "L1 alone and beside GReg-1");
    }

    @Test
    void aRunWritesItsOwnPageAndTheCommandOneOfSeveral() throws Exception {
        String page = Files.readString(shared.resolve("a").resolve("report.html"));
        assertTrue(page.contains("<td>GReg-1</td>"), page);
        assertTrue(page.contains("\"growth\":{\"x\":[0,"), "the growth is drawn");
        assertTrue(page.contains("{\"name\":\"finetuning\","), "finetuning is drawn");
        assertTrue(
                page.matches("(?s).*<td>conv2</td><td><span class=\"bar\" style=\"[^\"]*\">16 \u2192 8</span>.*"),
                page);
        Path out = temp.resolve("all.html");
        String[] args = {"report", folder("a"), folder("b"), "--out", out.toString()};
        Cli cli = Cli.run(args);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(Files.readString(out).contains("<h2>b</h2>"));
        assertTrue(cli.out().startsWith("| data set"), cli.out());
        Cli again = Cli.run(args);
        assertEquals(2, again.code());
        assertTrue(again.err().contains("--force"), again.err());
    }

    @Test
    void trainingsLeaveAPageAndAreReportedToo() throws Exception {
        Path run = temp.resolve("base");
        Cli train = Cli.run(("train --arch lenet5 --dataset mnist --data " + shared.resolve("mnist")
                        + " --epochs 2 --batch-size 8 --lr 0.01 --out " + run)
                .split(" "));
        assertEquals(0, train.code(), train.err());
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        double last = JSON.readTree(lines.get(1)).get("test_accuracy").asDouble();
        String page = Files.readString(run.resolve("report.html"));
        assertTrue(page.contains("Training of lenet5 on mnist") && page.contains("{\"name\":\"training\","), page);
        Cli cli = Cli.run("report", "--json", folder("a"), run.toString());
        assertEquals(0, cli.code(), cli.err());
        JsonNode all = JSON.readTree(cli.out());
        assertEquals(2, all.get("rows").size());
        assertEquals(1, all.get("trainings").size());
        assertEquals(2, all.at("/trainings/0/epochs").asInt());
        assertEquals(last, all.at("/trainings/0/top1").asDouble(), 1e-3);
        Cli text = Cli.run("report", run.toString());
        assertTrue(text.out().startsWith("| training | data set"), text.out());
        Cli both = Cli.run(
                "report",
                folder("a"),
                run.toString(),
                "--out",
                temp.resolve("two.html").toString());
        assertTrue(both.out().contains("| GReg-1 |") && both.out().contains("| base"), both.out());
        assertTrue(Files.readString(temp.resolve("two.html")).contains("<h2>base</h2>"));
    }

    @Test
    void whatIsNoFinishedRunIsNamed() throws Exception {
        Cli nothing = Cli.run("report", temp.toString());
        assertEquals(2, nothing.code());
        assertTrue(nothing.err().contains(temp.toString()), nothing.err());
        Files.copy(shared.resolve("a").resolve("config.json"), temp.resolve("config.json"));
        Cli unfinished = Cli.run("report", folder("a"), temp.toString());
        assertEquals(2, unfinished.code());
        assertTrue(unfinished.err().contains("--resume"), unfinished.err());
        assertFalse(unfinished.out().contains("GReg-1"), "nothing is printed of the others");
    }

    private static String folder(String run) {
        return shared.resolve(run).toString();
    }
}
