package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run folder stands for its best network, and reports show best and last side by side. */
class BestNetworkTest extends LenetRuns {
    /** Of the reference device, so that the accuracies are the same everywhere. */
    private static final String SMALL = " --augment none --batch-size 8 --device reference";

    private static final String PRUNED = "pruned.safetensors";
    private static final String BEST = "checkpoint/best.safetensors";
    private static final String LATEST = "checkpoint/latest.safetensors";

    private static Path images() {
        return shared.resolve("mnist");
    }

    private static Cli ok(String words, Object... more) {
        List<String> args = new ArrayList<>(List.of(words.split(" ")));
        for (Object word : more) args.add(word.toString());
        Cli cli = Cli.run(args.toArray(new String[0]));
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    private static JsonNode evaluated(Path weights) throws Exception {
        return JSON.readTree(ok("evaluate --json --device reference --weights", weights, "--data", images())
                .out());
    }

    private static String percent(JsonNode score) {
        return String.format(Locale.ROOT, "%.2f", score.get("top1").asDouble());
    }

    private static void assertSame(JsonNode reported, JsonNode evaluated) {
        for (String key : List.of("records", "top1", "top5", "loss"))
            assertEquals(reported.get(key), evaluated.get(key));
    }

    @Test
    void thePrunedNetworkOfTheBestEpochIsTakenAndReported() throws Exception {
        Path trained = temp.resolve("trained");
        ok("train --arch lenet5 --dataset mnist --epochs 12 --lr 0.05" + SMALL, "--out", trained, "--data", images());
        Path run = temp.resolve("run");
        ok(
                "prune --method L1 --stage-pr conv2:0.15 --epochs 3 --lr-ft 0:0.000001,1:0.03" + SMALL,
                "--weights",
                trained,
                "--out",
                run,
                "--data",
                images());
        JsonNode report = JSON.readTree(run.resolve("report.json").toFile());
        JsonNode last = report.at("/pruned/after_finetuning");
        JsonNode best = report.at("/pruned/best_epoch");
        assertTrue(best.get("top1").asDouble() > last.get("top1").asDouble(), report.toString());

        assertSame(best, evaluated(run));
        assertSame(last, evaluated(run.resolve(PRUNED)));
        Cli inspected = ok("inspect --json --weights", run);
        assertEquals(
                List.of(run + ": taking its best network, " + BEST + ": top-1 " + percent(best) + "%; " + PRUNED + " "
                        + percent(last) + "%"),
                inspected.err().lines().toList());
        assertEquals(13, JSON.readTree(inspected.out()).at("/layers/1/kept").asInt(), "it is a pruned one");
        Path onnx = temp.resolve("best.onnx");
        assertEquals(
                run.resolve(BEST) + " as " + onnx,
                ok("export", run, "--to", onnx).out().strip());

        String text = Files.readString(run.resolve("report.txt"));
        assertTrue(
                text.matches("(?s).*\\ntop-1 after finetuning +" + percent(last) + " %\\n" + "top-1 of the best epoch +"
                        + percent(best) + " %\\n.*"),
                text);
        String page = Files.readString(run.resolve("report.html"));
        assertTrue(page.contains("<th>finetuned</th><th>best epoch</th>"), page);
        assertTrue(page.contains("<td>" + percent(last) + "</td><td>" + percent(best) + "</td>"), page);
        JsonNode table = JSON.readTree(ok("report --json", run).out());
        assertEquals(last.get("top1").asDouble(), table.at("/rows/0/top1/mean").asDouble());
        assertEquals(
                best.get("top1").asDouble(), table.at("/rows/0/best_top1/mean").asDouble());
    }

    /** A file with another accuracy than it has; an empty one leaves it out. */
    private void write(Path folder, String name, String accuracy) throws Exception {
        if (accuracy.equals("-")) return;
        Checkpoint network = Safetensors.read(base.resolve(LATEST));
        Map<String, String> metadata = new HashMap<>(network.metadata());
        assertNotEquals(null, metadata.remove("test_accuracy"));
        if (!accuracy.equals("?")) metadata.put("test_accuracy", accuracy);
        Files.createDirectories(folder.resolve(name).getParent());
        Safetensors.write(folder.resolve(name), network.state(), metadata);
    }

    @ParameterizedTest
    @CsvSource({
        "35.35, 36.7, 35.35, checkpoint/best.safetensors: top-1 36.70%; pruned.safetensors 35.35%",
        "35.5, 35.5, 35.5, pruned.safetensors: top-1 35.50%; checkpoint/best.safetensors 35.50%",
        "36.0, 35.5, 36.0, pruned.safetensors: top-1 36.00%; checkpoint/best.safetensors 35.50%",
        "36.0, -, -, pruned.safetensors: top-1 36.00%",
        "-, 10.0, 9.5, checkpoint/best.safetensors: top-1 10.00%; checkpoint/latest.safetensors 9.50%",
        "-, 10.0, 10.5, checkpoint/latest.safetensors: top-1 10.50%; checkpoint/best.safetensors 10.00%",
        "-, -, 0.0, checkpoint/latest.safetensors: top-1 0.00%",
    })
    void ofWhatARunHasKeptTheMostAccurateIsTaken(String pruned, String best, String latest, String taken)
            throws Exception {
        write(temp, PRUNED, pruned);
        write(temp, BEST, best);
        write(temp, LATEST, latest);
        assertEquals(
                temp + ": taking its best network, " + taken,
                ok("inspect --weights", temp).err().strip());
    }

    @ParameterizedTest
    @CsvSource({"?, ?, pruned.safetensors", "35.0, ?, pruned.safetensors", "?, 35.0, pruned.safetensors"})
    void runsThatDoNotSayAreTakenAsBefore(String pruned, String best, String taken) throws Exception {
        write(temp, PRUNED, pruned);
        write(temp, BEST, best);
        assertEquals(
                temp + ": taking " + taken + "; the accuracy of its networks is not in the files",
                ok("inspect --weights", temp).err().strip());
    }

    @ParameterizedTest
    @CsvSource({"x", "NaN", "-1", "100.5", "''"})
    void anAccuracyThatIsNoneIsRefused(String accuracy) throws Exception {
        write(temp, BEST, accuracy);
        Cli cli = Cli.run("inspect", "--weights", temp.toString());
        assertEquals(1, cli.code(), cli.err());
        assertTrue(cli.err().contains("expected a number from 0 to 100"), cli.err());
        assertEquals(1, cli.err().lines().count(), cli.err());
    }
}
