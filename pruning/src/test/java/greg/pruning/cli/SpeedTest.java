package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Measured speed: {@code evaluate --benchmark}, the report, and ratios that are chosen by it. */
class SpeedTest extends LenetRuns {
    private static final String CHOSEN = "--stage-pr ";

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(element -> strings.add(element.asText()));
        return strings;
    }

    private static Cli evaluate(Path run, String... more) {
        List<String> args = new ArrayList<>(List.of("evaluate", "--weights", run.toString()));
        args.addAll(data().subList(0, 4));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    /** Times cannot be tested, but what is timed can: the layers of both networks, with their multiply-accumulates. */
    @Test
    void aBenchmarkTimesBothNetworksLayerByLayer() throws Exception {
        Path run = pruned("run", "--method", "L1", "--stage-pr", RATIOS, "--device", "cpu");
        Cli json = evaluate(run, "--device", "cpu", "--benchmark", "--batch", "2", "--with-onnxruntime", "--json");
        assertEquals(0, json.code(), json.err());
        JsonNode speeds = JSON.readTree(json.out()).get("speeds");
        assertEquals("greg", speeds.get(0).get("engine").asText());
        assertTrue(speeds.get(1).get("engine").asText().startsWith("ONNX Runtime 1."), speeds::toString);
        for (JsonNode speed : speeds) {
            assertEquals(2, speed.get("batch").asInt());
            assertTrue(speed.get("dense_ms").asDouble() > 0
                    && speed.get("pruned_ms").asDouble() > 0);
        }
        JsonNode layers = speeds.get(0).get("layers");
        List<String> names = new ArrayList<>();
        layers.forEach(layer -> names.add(layer.get("layer").asText()));
        assertEquals(List.of("conv1", "Pool2d", "conv2", "conv3", "fc1", "fc2"), names);
        // conv2 has 6 of 6 channels and 16 filters of 5x5 at 10x10 positions, then half of each
        assertEquals(6 * 16 * 25 * 100, layers.get(2).get("dense_macs").asInt());
        assertEquals(3 * 8 * 25 * 100, layers.get(2).get("pruned_macs").asInt());
        JsonNode measured = JSON.readTree(run.resolve("report.json").toFile()).get("measured");
        assertEquals(layers.size(), measured.get(0).get("layers").size());
        assertTrue(Files.readString(run.resolve("report.txt")).contains("layer, ms at batch 64"));

        String page = Files.readString(run.resolve("report.html"));
        assertTrue(page.contains("<th>ms, batch 64</th>") && page.contains("<tr><td>conv2</td>"), page);

        Cli text = evaluate(run, "--device", "cpu", "--benchmark", "--batch", "1,2");
        assertEquals(0, text.code(), text.err());
        assertTrue(text.out().contains("greg, batch 1") && text.out().contains("layer, ms at batch 2"), text.out());
        Cli whole = evaluate(base, "--device", "cpu", "--benchmark", "--batch", "1");
        assertFalse(whole.out().contains("speedup"), whole.out());
        Cli opByOp = evaluate(run, "--device", "reference", "--benchmark", "--batch", "1");
        assertEquals(0, opByOp.code(), opByOp.err());
        assertTrue(opByOp.out().contains("greg, batch 1") && !opByOp.out().contains("conv1"), opByOp.out());
    }

    @Test
    void ratiosAreChosenForASpeedAndKept() throws Exception {
        Path run = temp.resolve("run");
        Cli result = prune(run, "--method", "L1", "--device", "cpu", "--target-speedup=1.1x", "--target-batch", "8");
        assertEquals(0, result.code(), result.err());
        String said = result.err()
                .lines()
                .filter(line -> line.startsWith(CHOSEN))
                .findFirst()
                .orElseThrow();
        String ratios = said.substring(CHOSEN.length(), said.indexOf(": ", CHOSEN.length()));
        JsonNode config = JSON.readTree(run.resolve("config.json").toFile());
        List<String> args = strings(config.get("args"));
        assertEquals(List.of("--stage-pr", ratios), args.subList(args.size() - 2, args.size()));
        assertTrue(args.stream().noneMatch(arg -> arg.startsWith("--target")), args::toString);
        assertEquals(ratios, config.get("options").get("stage-pr").asText());
        // the same ratios given by hand leave the same filters
        Path again = pruned("again", "--method", "L1", "--device", "cpu", "--stage-pr", ratios);
        JsonNode plan = JSON.readTree(run.resolve("plan.json").toFile()).get("kept_filters");
        assertEquals(JSON.readTree(again.resolve("plan.json").toFile()).get("kept_filters"), plan);
        assertTrue(plan.size() > 0, plan::toString);
    }

    @Test
    void aRunThatWasInterruptedKeepsItsRatios() throws Exception {
        Path run = temp.resolve("run");
        Interrupts.pretend(2);
        try {
            Cli stopped = prune(run, "--method", "GReg-1", "--device", "cpu", "--target-speedup", "1.1");
            assertEquals(130, stopped.code(), stopped.err());
        } finally {
            Interrupts.pretend(0);
        }
        Cli resumed = Cli.run("prune", "--resume", run.toString());
        assertEquals(0, resumed.code(), resumed.err());
        assertFalse(resumed.err().contains("timing layers"), resumed.err());
    }

    @Test
    void whatCannotBeReachedIsSaid() {
        Path run = temp.resolve("run");
        Cli tooFast = prune(run, "--device", "cpu", "--target-latency", "0.000001ms");
        assertEquals(2, tooFast.code());
        assertTrue(
                tooFast.err().contains("was not reached by pruning: the fastest that was tried has "), tooFast.err());
        Cli opByOp = prune(run, "--device", "reference", "--target-speedup", "2");
        assertEquals(2, opByOp.code());
        assertTrue(opByOp.err().contains("reference runs networks op by op"), opByOp.err());
        Cli already = prune(run, "--device", "cpu", "--target-latency", "999ms");
        assertTrue(already.err().contains("as fast as is wanted already"), already.err());
        assertFalse(Files.exists(run));
    }
}
