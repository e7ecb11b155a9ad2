package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.io.Checkpoints;
import greg.pruning.run.PruneRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What metrics.jsonl, plan.json and report.json say about a growth. */
class GrowthMetricsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The first four decimals of the five digits that a page has. */
    private static final DoubleFunction<String> FOUR_DECIMALS =
            x -> Double.toString(x).substring(0, 6);

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.mnist(data);
    }

    @AfterEach
    void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    /** LeNet-5, conv2 prunable: 0.25 per update, picks at lambda 0.5, finishes above 1; every step has an update. */
    private Path prune(String... more) {
        return grow("1", "0.25", more);
    }

    private Path grow(String limit, String step, String... more) {
        Path out = temp.resolve("run" + more.length);
        Cli result = Cli.run(args(out, limit, step, more));
        assertEquals(0, result.code(), result.err());
        return out;
    }

    private static String[] args(Path out, String limit, String step, String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "lenet5", "--dataset", "mnist"));
        args.addAll(List.of("--data", data.toString(), "--device", ResumeTest.DEVICE, "--out", out.toString()));
        args.addAll(List.of("--stage-pr", "[0:0.5,1:0.5]", "--base-epochs", "1", "--base-lr", "0.01"));
        args.addAll(List.of("--no-finetune", "--batch-size", "4", "--batch-size-prune", "4"));
        args.addAll(List.of("--update-reg-interval", "1", "--stabilize-reg-interval", "3", "--reg-upper-limit", limit));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", step));
        args.addAll(List.of(more));
        return args.toArray(new String[0]);
    }

    private static List<JsonNode> records(Path run, String phase) throws Exception {
        List<JsonNode> found = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            JsonNode record = JSON.readTree(line);
            if (record.get("phase").asText().equals(phase)) found.add(record);
        }
        return found;
    }

    @Test
    void everyRecordHasTheLossOfItsOwnStep() throws Exception {
        List<JsonNode> grown = records(prune(), "grow");
        Set<Double> losses = new HashSet<>();
        for (JsonNode record : grown) losses.add(record.get("loss").asDouble());
        assertEquals(5, grown.size());
        assertEquals(5, losses.size(), "batches of random images have no two equal losses: " + losses);
    }

    @Test
    void theEndsOfGrowthAndStabilisingAreRecorded() throws Exception {
        Path run = prune();
        JsonNode last = records(run, "grow").get(4).get("layers").get("conv2");
        assertTrue(last.get("finished").asBoolean() && last.get("picked").asBoolean(), last.toString());
        List<JsonNode> stabilised = records(run, "stabilise");
        List<JsonNode> removed = records(run, "remove");
        assertEquals(1, removed.size());
        // lambda 0.25, 0.5 (pick), 0.75, 1, 1.25 (> 1: finished) at iterations 0 to 4; 3 more steps
        assertEquals(List.of(4, 5, 6), iterations(stabilised));
        assertEquals(7, removed.get(0).get("iteration").asInt());
        assertFalse(removed.get(0).get("cut_short").asBoolean());
        assertNotEquals(
                stabilised.get(0).get("loss").asDouble(),
                removed.get(0).get("loss").asDouble());

        JsonNode plan = JSON.readTree(run.resolve("plan.json").toFile());
        JsonNode size = plan.at("/layers/1");
        assertEquals("conv2", size.get("layer").asText());
        assertEquals("{\"before\":16,\"after\":8}", size.get("filters").toString());
        assertEquals(16 * (6 * 25 + 1), size.at("/params/before").asInt());
        assertEquals(8 * (3 * 25 + 1), size.at("/params/after").asInt());
        assertEquals(
                4, size.at("/macs/before").asDouble() / size.at("/macs/after").asDouble());
        JsonNode growth = plan.get("growth");
        assertEquals(
                "{\"stabilise_start\":4,\"removal\":7,\"layers\":{\"conv1\":{\"pick\":1,\"finish\":4},"
                        + "\"conv2\":{\"pick\":1,\"finish\":4}}}",
                growth.toString());
        JsonNode totals = JSON.readTree(run.resolve("report.json").toFile()).get("growth");
        assertEquals("{\"stabilise_start\":4,\"removal\":7}", totals.toString());
    }

    /** Mean and spread of all |w|, and how far those that go have faded; the groups are too many to be listed. */
    @Test
    void singleWeightsAreSummedUp() throws Exception {
        Path run = prune("--wg", "weight", "--scores-at", "2");
        float[] weights = Checkpoints.load(run.resolve("checkpoint/base.safetensors"))
                .state()
                .get("conv2.weight")
                .values();
        double mean = 0;
        double square = 0;
        for (float w : weights) {
            mean += Math.abs(w) / weights.length;
            square += (double) w * w / weights.length;
        }
        List<JsonNode> grown = records(run, "grow");
        JsonNode first = grown.get(0).get("layers").get("conv2");
        assertEquals(mean, first.get("score_mean").asDouble(), 1e-6);
        assertEquals(Math.sqrt(square - mean * mean), first.get("score_std").asDouble(), 1e-6);
        assertTrue(first.get("kept_magnitude").isNull(), "none is picked yet: " + first);
        JsonNode picked = grown.get(2).get("layers").get("conv2");
        JsonNode last = records(run, "remove").get(0).get("layers").get("conv2");
        for (JsonNode layer : List.of(picked, last)) {
            double kept = layer.get("kept_magnitude").asDouble();
            double pruned = layer.get("pruned_magnitude").asDouble();
            assertEquals(layer.get("score_mean").asDouble(), (kept + pruned) / 2, 1e-6, "half of them go");
            assertEquals(kept / pruned, layer.get("magnitude_ratio").asDouble(), 1e-3 * kept / pruned);
        }
        assertTrue(last.get("pruned_magnitude").asDouble()
                < picked.get("pruned_magnitude").asDouble());
        assertEquals(List.of(), records(run, "scores"));
    }

    private static List<Integer> iterations(List<JsonNode> records) {
        return records.stream().map(r -> r.get("iteration").asInt()).toList();
    }

    /** While lambda is constant the same things are recorded as while it grows, by the same interval. */
    @Test
    void stabilisingIsRecordedLikeGrowth() throws Exception {
        Path run = prune();
        JsonNode grows = records(run, "grow").get(4);
        for (JsonNode record : records(run, "stabilise").subList(1, 3)) {
            assertEquals(names(grows), names(record));
            JsonNode layer = record.get("layers").get("conv2");
            assertEquals(names(grows.get("layers").get("conv2")), names(layer));
            assertEquals(1.25, layer.get("lambda").asDouble());
            assertEquals(
                    layer.get("magnitude_ratio").asDouble(),
                    layer.get("kept_magnitude").asDouble()
                            / layer.get("pruned_magnitude").asDouble(),
                    1e-5);
        }
        double first = pruned(records(run, "stabilise").get(1));
        double last = pruned(records(run, "remove").get(0));
        assertTrue(last < first, "the groups go on fading: " + first + " to " + last);

        Path thinned = prune("--log-interval", "3");
        assertEquals(List.of(0, 1, 3, 4), iterations(records(thinned, "grow")), "every third, the pick and the end");
        assertEquals(List.of(4, 6), iterations(records(thinned, "stabilise")));
        assertSameNetwork(run, thinned);
    }

    private static double pruned(JsonNode record) {
        return record.get("layers").get("conv2").get("pruned_magnitude").asDouble();
    }

    private static List<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static void assertSameNetwork(Path expected, Path actual) throws Exception {
        String file = "pruned.safetensors";
        assertEquals(-1, Files.mismatch(expected.resolve(file), actual.resolve(file)), "recording changes no bit");
    }

    /** Row 2 of figure 1: the scores of the groups at a few moments, and which of them are to go. */
    @Test
    void theScoreOfEachGroupIsRecordedAtChosenIterations() throws Exception {
        Path run = prune("--scores-at", "2,6");
        List<JsonNode> moments = records(run, "scores");
        // the first step, the pick, the first chosen one, the end of growth, the second chosen one, the removal
        assertEquals(List.of(0, 1, 2, 4, 6, 7), iterations(moments));
        assertEquals(1.25, moments.get(5).get("lambda").asDouble());
        List<JsonNode> grown = records(run, "grow");
        for (JsonNode moment : moments.subList(0, 3)) {
            JsonNode layer = moment.get("layers").get("conv2");
            assertEquals(16, layer.get("scores").size());
            assertEquals(8, layer.get("pruned").size());
            double sum = 0;
            double gone = 0;
            for (JsonNode score : layer.get("scores")) sum += score.asDouble();
            for (JsonNode g : layer.get("pruned"))
                gone += layer.get("scores").get(g.asInt()).asDouble();
            JsonNode same =
                    grown.get(moment.get("iteration").asInt()).get("layers").get("conv2");
            assertEquals(same.get("score_mean").asDouble(), sum / 16, sum / 16 * 1e-3);
            assertEquals(same.get("pruned_magnitude").asDouble(), gone / 8, gone / 8 * 1e-3);
        }
        assertEquals(
                moments.get(1).get("layers").get("conv2").get("pruned"),
                moments.get(5).get("layers").get("conv2").get("pruned"),
                "what was picked is what goes");
    }

    /** What the last scores say of the removal is what plan.json has, also where the choice is made again at the end, or cut short. */
    @Test
    void theLastScoresShowWhatIsRemoved() throws Exception {
        for (List<String> more : List.of(
                List.of("--semantics", "paper", "--lr-prune", "0.1"),
                List.of("--max-iterations", "1", "--lr-prune", "0.1", "--scores-at", "0"))) {
            Path run = prune(more.toArray(new String[0]));
            List<JsonNode> moments = records(run, "scores");
            JsonNode last = moments.get(moments.size() - 1).get("layers").get("conv2");
            Set<Integer> kept = new HashSet<>();
            JSON.readTree(run.resolve("plan.json").toFile())
                    .at("/kept_filters/conv2")
                    .forEach(g -> kept.add(g.asInt()));
            Set<Integer> pruned = new HashSet<>();
            last.get("pruned").forEach(g -> pruned.add(g.asInt()));
            Set<Integer> gone = new HashSet<>();
            for (int g = 0; g < 16; g++) if (!kept.contains(g)) gone.add(g);
            assertEquals(8, gone.size());
            assertEquals(gone, pruned, more.toString());
        }
    }

    /** Before the first step the network is the base network, and what would go is what L1 removes. */
    @Test
    void theTestImagesAreMeasuredWithAndWithoutTheGroupsThatGo() throws Exception {
        Path run = prune("--test-interval", "5", "--one-shot");
        List<JsonNode> tests = records(run, "test");
        assertEquals(List.of(0, 5), iterations(tests));
        JsonNode report = JSON.readTree(run.resolve("report.json").toFile());
        JsonNode l1 = report.get("one_shot_l1").get("after_removal");
        JsonNode first = tests.get(0);
        assertEquals(report.get("base").get("loss"), first.get("test_loss"));
        assertEquals(report.get("base").get("top1"), first.get("test_accuracy"));
        assertEquals(l1.get("loss"), first.get("removed_loss"));
        assertEquals(l1.get("top5"), first.get("removed_accuracy5"));
        assertNotEquals(first.get("test_loss"), first.get("removed_loss"));
        assertNotEquals(first.get("test_loss"), tests.get(1).get("test_loss"));
        Path untested = prune("--one-shot");
        assertSameNetwork(untested, run);
        assertEquals(records(untested, "remove"), records(run, "remove"));
    }

    /** Of some 2,050 updates every second has a record; the pick at update 1 and the end at 2,051 are between those. */
    @Test
    void milestonesAreRecordedWhereUpdatesAreThinned() throws Exception {
        String limit = Double.toString(1 + 1.0 / 4096);
        String step = Double.toString(1.0 / 4096);
        Path run = grow(limit, step);
        List<JsonNode> grown = records(run, "grow");
        assertEquals(1026 + 2, grown.size());
        JsonNode growth = JSON.readTree(run.resolve("plan.json").toFile()).get("growth");
        assertEquals(1, growth.get("layers").get("conv1").get("pick").asInt());
        assertEquals(2051, growth.get("layers").get("conv1").get("finish").asInt());
        JsonNode pick = grown.get(1);
        assertEquals(1, pick.get("iteration").asInt());
        assertTrue(pick.get("layers").get("conv1").get("picked").asBoolean());
        assertFalse(grown.get(0).get("layers").get("conv1").get("picked").asBoolean());
        JsonNode end = grown.get(grown.size() - 1);
        assertEquals(2051, end.get("iteration").asInt());
        assertTrue(end.get("layers").get("conv2").get("finished").asBoolean());

        // a resumed run does not mistake a layer that had picked before for one that picks
        Path broken = temp.resolve("broken");
        Interrupts.pretend(303);
        Cli part = Cli.run(args(broken, limit, step));
        while (part.code() == Failures.INTERRUPTED) {
            Interrupts.pretend(303);
            part = Cli.run("prune", "--resume", broken.toString());
        }
        assertEquals(0, part.code(), part.err());
        RunFolders.assertSame(run, broken);
    }

    @Test
    void aGrowthCutShortSaysSo() throws Exception {
        Path run = prune("--max-iterations", "3");
        JsonNode removed = records(run, "remove").get(0);
        assertEquals(2, removed.get("iteration").asInt());
        assertTrue(removed.get("cut_short").asBoolean());
        assertTrue(records(run, "stabilise").isEmpty());
        JsonNode growth = JSON.readTree(run.resolve("plan.json").toFile()).get("growth");
        assertTrue(growth.get("stabilise_start").isNull());
        assertEquals(1, growth.get("layers").get("conv2").get("pick").asInt());
        assertTrue(growth.get("layers").get("conv2").get("finish").isNull());
    }

    /** Figure 1: the spread of the magnitudes; before the first step it is that of the base network's weights. */
    @Test
    void theSpreadOfTheScoresIsRecordedAndDrawn() throws Exception {
        Path run = prune();
        float[] weight = Checkpoints.load(run.resolve(PruneRun.BASE))
                .state()
                .get("conv2.weight")
                .values();
        int filters = 16;
        double[] scores = new double[filters];
        for (int i = 0; i < weight.length; i++) {
            scores[i / (weight.length / filters)] += Math.abs(weight[i]) / (double) (weight.length / filters);
        }
        double mean = 0;
        double squares = 0;
        for (double score : scores) mean += score / filters;
        for (double score : scores) squares += (score - mean) * (score - mean) / filters;
        JsonNode first = records(run, "grow").get(0).get("layers").get("conv2");
        assertEquals(mean, first.get("score_mean").asDouble(), 1e-6);
        assertEquals(Math.sqrt(squares), first.get("score_std").asDouble(), 1e-6);
        String page = Files.readString(run.resolve("report.html"));
        assertTrue(page.contains("\"spread\":[" + FOUR_DECIMALS.apply(Math.sqrt(squares) / mean)), "the chart");
    }
}
