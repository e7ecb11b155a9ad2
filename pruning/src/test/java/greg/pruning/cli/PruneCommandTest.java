package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code prune} from end to end, every phase a few steps long. */
class PruneCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    @BeforeAll
    static void files() throws Exception {
        TinyData.cifar10(data.resolve("cifar"));
    }

    private Cli prune(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--arch", "resnet8", "--dataset", "cifar10"));
        args.addAll(List.of("--data", data.resolve("cifar").toString(), "--out", out.toString()));
        args.addAll(List.of("--stage_pr", "[0,0.5,0.5,0.5,0]", "--base-epochs", "1", "--base-lr", "0.01"));
        args.addAll(List.of("--epochs", "1", "--lr-ft", "0.01", "--batch-size", "10", "--batch-size-prune", "10"));
        args.addAll(List.of("--update-reg-interval", "1", "--stabilize-reg-interval", "2", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", "0.25", "--reg-granularity-recover", "-1e-4"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    private static JsonNode read(Path file) throws Exception {
        return JSON.readTree(file.toFile());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GReg-1", "GReg-2", "FixReg", "L1"})
    void everyMethodGivesASmallerNetworkAndAReport(String method) throws Exception {
        Path out = temp.resolve("run");
        Cli result = prune(out, "--method", method, "--one-shot");
        assertEquals(0, result.code(), result.err());

        JsonNode report = read(out.resolve("report.json"));
        assertEquals(method, report.get("pruned").get("method").asText());
        // half the filters of each block's first convolution are removed: 3 stages of 16, 32, 64 channels
        long gone = 8 * 9L * (16 + 16) + 16 * 9L * (16 + 32) + 32 * 9L * (32 + 64);
        JsonNode params = report.get("params");
        assertEquals(gone, params.get("before").asLong() - params.get("after").asLong());
        assertTrue(report.get("speedup").asDouble() > 1);
        assertEquals(
                List.of(1, 64),
                List.of(
                        report.get("measured").get(0).get("batch").asInt(),
                        report.get("measured").get(1).get("batch").asInt()));
        assertEquals(method.equals("L1"), report.get("one_shot_l1").isNull());
        if (!method.equals("L1"))
            assertEquals(params.get("after"), report.get("one_shot_l1").get("params"));
        assertEquals(TinyData.CIFAR_TEST, report.get("base").get("records").asInt());
        for (String row : List.of("top-1 after removal", "top-1 after finetuning", "measured, batch 64")) {
            assertTrue(result.out().contains(row), result.out());
        }

        JsonNode kept = read(out.resolve("plan.json")).get("kept_filters");
        assertEquals(8, kept.get("layer1.0.conv1").size());
        assertEquals(32, kept.get("layer3.0.conv1").size());
        Checkpoint pruned = Checkpoints.load(out.resolve("pruned.safetensors"));
        assertEquals(8, pruned.state().get("layer1.0.conv1.weight").shape().dim(0));
        assertEquals(8, pruned.state().get("layer1.0.conv2.weight").shape().dim(1));
        assertEquals("resnet8", pruned.metadata().get("arch"));

        Cli evaluated = Cli.run(
                "evaluate",
                "--weights",
                out.toString(),
                "--dataset",
                "cifar10",
                "--data",
                data.resolve("cifar").toString(),
                "--json");
        assertEquals(0, evaluated.code(), evaluated.err());
        assertEquals(
                report.get("pruned").get("after_finetuning").get("top1").asDouble(),
                JSON.readTree(evaluated.out()).get("top1").asDouble());
    }

    @Test
    void metricsFollowThePenaltyLayerByLayer() throws Exception {
        Path out = temp.resolve("run");
        Cli result = prune(out, "--method", "GReg-1", "--no-finetune");
        assertEquals(0, result.code(), result.err());
        List<JsonNode> grown = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            JsonNode entry = JSON.readTree(line);
            if (entry.get("phase").asText().equals("grow")) grown.add(entry);
        }
        // 0.25 per update, until lambda is above 1.0
        assertEquals(5, grown.size());
        for (int u = 0; u < 5; u++) {
            JsonNode layers = grown.get(u).get("layers");
            assertEquals(u, grown.get(u).get("iteration").asInt());
            assertEquals(3, layers.size(), "layers with ratio 0 are left out");
            assertEquals(
                    0.25 * (u + 1), layers.get("layer2.0.conv1").get("lambda").asDouble());
            assertEquals(0, layers.get("layer2.0.conv1").get("lambda_min").asDouble());
        }
        JsonNode report = read(out.resolve("report.json"));
        assertTrue(report.get("pruned").get("after_finetuning").isNull());
        assertEquals(
                "GReg-1",
                read(out.resolve("config.json")).get("pruning").get("method").asText());
    }

    @Test
    void singleWeightsAreMaskedAndStayZero() throws Exception {
        Path out = temp.resolve("run");
        Cli result = prune(out, "--method", "L1", "--wg", "weight");
        assertEquals(0, result.code(), result.err());
        Checkpoint pruned = Checkpoints.load(out.resolve("pruned.safetensors"));
        float[] weights = pruned.state().get("layer2.0.conv2.weight").values();
        int zeros = 0;
        for (float w : weights) if (w == 0) zeros++;
        assertEquals(weights.length / 2, zeros);
        JsonNode report = read(out.resolve("report.json"));
        assertTrue(report.get("sparsity_percent").asDouble() > 40, "masked weights count as removed");
    }

    @Test
    void masksTravelWithTheCheckpoint() throws Exception {
        Path out = temp.resolve("run");
        assertEquals(
                0,
                prune(out, "--method", "GReg-1", "--wg", "weight", "--pick-pruned", "rand")
                        .code());
        Checkpoint pruned = Checkpoints.load(out.resolve("pruned.safetensors"));
        float[] mask = pruned.state().get("mask.layer2.0.conv2.weight").values();
        float[] weights = pruned.state().get("layer2.0.conv2.weight").values();
        for (int i = 0; i < mask.length; i++) assertTrue(mask[i] == 1 || weights[i] == 0, "element " + i);
        JsonNode plan = read(out.resolve("plan.json"));
        assertEquals(
                mask.length / 2,
                plan.get("masked_weights").get("layer2.0.conv2").asInt());

        // inspect counts what the file masks, not what the ratios said
        JsonNode report = read(out.resolve("report.json"));
        Cli inspected = Cli.run("inspect", "--weights", out.toString(), "--json");
        assertEquals(0, inspected.code(), inspected.err());
        JsonNode json = JSON.readTree(inspected.out());
        for (String key : List.of("sparsity_percent", "macs", "params")) assertEquals(report.get(key), json.get(key));

        // training further keeps the zeros
        Path more = temp.resolve("more");
        List<String> args = new ArrayList<>(List.of("train", "--weights", out.toString(), "--dataset", "cifar10"));
        args.addAll(List.of("--data", data.resolve("cifar").toString(), "--out", more.toString()));
        args.addAll(List.of("--epochs", "1", "--lr", "0.01", "--batch-size", "10"));
        Cli trained = Cli.run(args.toArray(new String[0]));
        assertEquals(0, trained.code(), trained.err());
        Checkpoint further = Checkpoints.load(more.resolve("checkpoint/latest.safetensors"));
        float[] moved = further.state().get("layer2.0.conv2.weight").values();
        int changed = 0;
        for (int i = 0; i < mask.length; i++) {
            assertTrue(mask[i] == 1 || moved[i] == 0, "element " + i);
            if (moved[i] != weights[i]) changed++;
        }
        assertTrue(changed > 0, "the other weights were trained");
        Cli again = prune(temp.resolve("again"), "--weights", more.toString());
        assertTrue(again.err().contains("is pruned already"), again.err());
    }

    @Test
    void maxIterationsCutsAGrowthShort() throws Exception {
        Path out = temp.resolve("run");
        Cli result = prune(out, "--max-iterations", "1", "--method", "GReg-2");
        assertEquals(0, result.code(), result.err());
        assertTrue(
                result.err().contains("after 1 iterations; no layer had picked by then, 3 lose their smallest groups"),
                result.err());
        JsonNode kept = read(out.resolve("plan.json")).get("kept_filters");
        assertEquals(8, kept.get("layer1.0.conv1").size());
    }

    /** Random groups, which no choice of the smallest would find again. */
    @ParameterizedTest
    @ValueSource(strings = {"GReg-1", "FixReg"})
    void aGrowthCutShortRemovesWhatItHadChosen(String method) throws Exception {
        List<JsonNode> kept = new ArrayList<>();
        for (String most : List.of("0", "2")) {
            Path out = temp.resolve("most" + most);
            Cli result =
                    Cli.run(args(out, "0.5", "--method", method, "--pick-pruned", "rand", "--max-iterations", most));
            assertEquals(0, result.code(), result.err());
            boolean cut = result.err().contains("cut short by --max-iterations after 2 iterations; the groups chosen");
            assertEquals(most.equals("2"), cut, result.err());
            kept.add(read(out.resolve("plan.json")).get("kept_filters"));
        }
        assertEquals(kept.get(0), kept.get(1));
    }

    @Test
    void aGrowthThatEndsOnTheLimitIsNotCutShort() throws Exception {
        // FixReg ends after the step of iteration 0 + 2
        Cli result = Cli.run(args(temp.resolve("run"), "0.5", "--method", "FixReg", "--max-iterations", "3"));
        assertEquals(0, result.code(), result.err());
        assertFalse(result.err().contains("cut short"), result.err());
    }

    @Test
    void aPrunedNetworkIsNotPrunedAgain() throws Exception {
        Path out = temp.resolve("run");
        assertEquals(0, prune(out, "--method", "L1", "--no-finetune").code());
        Cli again = prune(temp.resolve("again"), "--weights", out.toString());
        assertEquals(2, again.code());
        assertTrue(again.err().contains("is pruned already"), again.err());
    }

    @Test
    void coupledChannelsGoTogether() throws Exception {
        Path out = temp.resolve("run");
        Cli result = Cli.run(args(out, "0.5", "--prune-coupled", "--method", "GReg-1"));
        assertEquals(0, result.code(), result.err());
        Checkpoint pruned = Checkpoints.load(out.resolve("pruned.safetensors"));
        // the stem and the last convolution of the first stage's block lose the same filters, at the ratio of all
        assertEquals(8, pruned.state().get("conv1.weight").shape().dim(0));
        assertEquals(8, pruned.state().get("layer1.0.conv2.weight").shape().dim(0));
        JsonNode kept = read(out.resolve("plan.json")).get("kept_filters");
        assertEquals(kept.get("conv1"), kept.get("layer1.0.conv2"));
        Path again = temp.resolve("again");
        Cli inherited = Cli.run(args(
                again,
                null,
                "--prune-coupled",
                "--method",
                "L1",
                "--base-pr-model",
                out.toString(),
                "--inherit-pruned",
                "index"));
        assertEquals(0, inherited.code(), inherited.err());
        assertEquals(kept, read(again.resolve("plan.json")).get("kept_filters"));
        Cli refused = Cli.run(args(temp.resolve("no"), null, "--method", "L1", "--base-pr-model", out.toString()));
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("must stay whole here"), refused.err());
    }

    @Test
    void oneRatioForTheWholeNetworkAndInspectTellsTheSame() throws Exception {
        Path base = temp.resolve("base");
        List<String> train = new ArrayList<>(List.of("train", "--arch", "resnet8", "--out", base.toString()));
        train.addAll(
                List.of("--dataset", "cifar10", "--data", data.resolve("cifar").toString()));
        train.addAll(List.of("--epochs", "1", "--lr", "0.05", "--batch-size", "10"));
        assertEquals(0, Cli.run(train.toArray(new String[0])).code());
        Path out = temp.resolve("run");
        Cli result =
                Cli.run(args(out, "0.4", "--global", "--method", "GReg-2", "--one-shot", "--weights", base.toString()));
        assertEquals(0, result.code(), result.err());
        JsonNode kept = read(out.resolve("plan.json")).get("kept_filters");
        int filters = 0;
        for (JsonNode layer : kept) filters += layer.size();
        // 16 + 32 + 64 filters can be removed, 0.4 of them is 44.8
        assertEquals(112 - 45, filters, kept.toString());
        Cli inspected = Cli.run("inspect", "--weights", base.toString(), "--stage-pr", "0.4", "--global", "--json");
        assertEquals(0, inspected.code(), inspected.err());
        JsonNode report = read(out.resolve("report.json"));
        assertEquals(report.get("params"), JSON.readTree(inspected.out()).get("params"));
        Cli blind = Cli.run("inspect", "--arch", "resnet8", "--stage-pr", "0.4", "--global");
        assertEquals(2, blind.code());
        assertTrue(blind.err().contains("depends on the weights; give --weights"), blind.err());
        Cli gap = Cli.run("inspect", "--weights", base.toString(), "--stage-pr", "[0,-1,-1,0.5,0]", "--json");
        assertEquals(0, gap.code(), gap.err());
    }

    private static String[] args(Path out, String ratios, String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--dataset", "cifar10", "--out", out.toString()));
        args.addAll(List.of("--data", data.resolve("cifar").toString(), "--base-epochs", "1", "--base-lr", "0.01"));
        args.addAll(List.of("--no-finetune", "--batch-size", "10", "--batch-size-prune", "10"));
        args.addAll(List.of("--update-reg-interval", "1", "--stabilize-reg-interval", "2", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", "0.25"));
        if (ratios != null) args.addAll(List.of("--stage-pr", ratios));
        args.addAll(List.of(more));
        if (!args.contains("--weights")) args.addAll(List.of("--arch", "resnet8"));
        return args.toArray(new String[0]);
    }
}
