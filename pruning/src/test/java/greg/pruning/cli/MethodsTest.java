package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.StateDict;
import greg.nn.io.Checkpoints;
import greg.pruning.run.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every method at every granularity, and every way to say what to remove, through the command line on a LeNet-5. */
class MethodsTest extends LenetRuns {
    @ParameterizedTest
    @CsvSource({
        "GReg-1,filter", "GReg-2,filter", "FixReg,filter", "L1,filter",
        "GReg-1,channel", "GReg-2,channel", "FixReg,channel", "L1,channel",
        "GReg-1,weight", "GReg-2,weight", "FixReg,weight", "L1,weight"
    })
    void everyMethodOnEveryKindOfGroup(String method, String wg) throws Exception {
        // channel groups of conv2 are filters of conv1, those of conv3 filters of conv2
        String ratios = wg.equals("channel") ? "conv2:0.5,conv3:0.5" : RATIOS;
        Path run = pruned("run", "--method", method, "--wg", wg, "--stage-pr", ratios);
        StateDict after = state(run);
        if (wg.equals("weight")) {
            for (String layer : List.of("conv1", "conv2")) {
                float[] mask = after.get("mask." + layer + ".weight").values();
                float[] weights = after.get(layer + ".weight").values();
                int zeros = 0;
                for (int i = 0; i < mask.length; i++) {
                    assertTrue(mask[i] == 1 || weights[i] == 0, layer + " element " + i);
                    if (mask[i] == 0) zeros++;
                }
                assertEquals(mask.length / 2, zeros, layer);
            }
            assertFalse(after.contains("mask.fc1.weight"), "a layer with ratio 0 has no mask");
        } else {
            assertArrayEquals(
                    new int[] {3, 1, 5, 5}, after.get("conv1.weight").shape().dims());
            assertArrayEquals(
                    new int[] {8, 3, 5, 5}, after.get("conv2.weight").shape().dims());
        }
        JsonNode report = JSON.readTree(run.resolve("report.json").toFile());
        assertTrue(report.get("macs").get("after").asLong()
                < report.get("macs").get("before").asLong());
        Cli evaluated = Cli.run(
                "evaluate",
                "--weights",
                run.toString(),
                "--dataset",
                "mnist",
                "--data",
                shared.resolve("mnist").toString(),
                "--json");
        assertEquals(0, evaluated.code(), evaluated.err());
        assertEquals(
                report.get("pruned").get("after_finetuning").get("loss").asDouble(),
                JSON.readTree(evaluated.out()).get("loss").asDouble(),
                1e-6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"L1", "GReg-1", "FixReg"})
    void pickPrunedTakesEitherEndOrNeither(String method) throws Exception {
        Path min = pruned("min", "--method", method, "--stage-pr", RATIOS, "--no-finetune");
        Path max = pruned("max", "--method", method, "--stage-pr", RATIOS, "--no-finetune", "--pick-pruned", "max");
        assertArrayEquals(three(true), kept(min, "conv1"));
        assertArrayEquals(three(false), kept(max, "conv1"));
        List<String> seen = new ArrayList<>();
        for (int seed = 0; seed < 4; seed++) {
            Path rand = pruned(
                    "rand" + seed,
                    "--method",
                    "L1",
                    "--stage-pr",
                    RATIOS,
                    "--no-finetune",
                    "--pick-pruned",
                    "rand",
                    "--seed",
                    String.valueOf(seed));
            seen.add(Arrays.toString(kept(rand, "conv2")));
        }
        assertTrue(seen.stream().distinct().count() > 1, "a random choice depends on the seed: " + seen);
    }

    @Test
    void theScoreDecidesAndIsRecorded() throws Exception {
        Path l1 = pruned("l1", "--method", "L1", "--stage-pr", RATIOS, "--no-finetune");
        assertEquals("l1", score(l1));
        Path l2 = pruned("l2", "--method", "L1", "--stage-pr", RATIOS, "--no-finetune", "--score", "l2");
        assertEquals("l2", score(l2));
        float[] weight = Checkpoints.load(base.resolve("checkpoint/latest.safetensors"))
                .state()
                .get("conv2.weight")
                .values();
        double[] squares = new double[16];
        for (int i = 0; i < weight.length; i++) squares[i / 150] += weight[i] * weight[i];
        int[] largest = java.util.stream.IntStream.range(0, 16)
                .boxed()
                .sorted((a, b) -> Double.compare(squares[b], squares[a]))
                .limit(8)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        assertArrayEquals(largest, kept(l2, "conv2"));
        Path taylor = pruned(
                "taylor",
                "--method",
                "GReg-2",
                "--stage-pr",
                RATIOS,
                "--no-finetune",
                "--score",
                "taylor",
                "--one-shot");
        assertEquals("taylor", score(taylor));
        JsonNode report = JSON.readTree(taylor.resolve("report.json").toFile());
        assertTrue(report.get("one_shot_l1").isObject(), "one shot stays by L1, whatever the score");
    }

    private static String score(Path run) throws Exception {
        JsonNode config = JSON.readTree(run.resolve("config.json").toFile());
        return config.get("pruning").get("score").asText();
    }

    @Test
    void fixedPenaltyFadesItsGroupsAndOnlyThose() throws Exception {
        Path run = pruned(
                "fix",
                "--method",
                "FixReg",
                "--stage-pr",
                RATIOS,
                "--no-finetune",
                "--momentum",
                "0",
                "--weight-decay",
                "0",
                "--block-loss-grad");
        float[] before = Checkpoints.load(base.resolve("checkpoint/latest.safetensors"))
                .state()
                .get("conv1.weight")
                .values();
        // only the penalty acts, so kept weights have not changed at all
        float[] after = state(run).get("conv1.weight").values();
        int[] kept = kept(run, "conv1");
        for (int k = 0; k < kept.length; k++) {
            for (int i = 0; i < 25; i++) assertEquals(before[kept[k] * 25 + i], after[k * 25 + i], "filter " + kept[k]);
        }
    }

    @Test
    void blockedLossGradientLeavesOnlyThePenalty() throws Exception {
        Path blocked = pruned(
                "blocked",
                "--method",
                "GReg-1",
                "--stage-pr",
                RATIOS,
                "--no-finetune",
                "--momentum",
                "0",
                "--weight-decay",
                "0",
                "--block-loss-grad");
        Path free = pruned(
                "free",
                "--method",
                "GReg-1",
                "--stage-pr",
                RATIOS,
                "--no-finetune",
                "--momentum",
                "0",
                "--weight-decay",
                "0");
        assertArrayEquals(kept(blocked, "conv1"), kept(free, "conv1"), "chosen from the same weights");
        assertFalse(Arrays.equals(
                state(blocked).get("conv1.weight").values(),
                state(free).get("conv1.weight").values()));
    }

    @Test
    void anAutomaticRatioCutsAtTheLargestGap() throws Exception {
        double[] sorted = norms();
        Arrays.sort(sorted);
        int count = 0;
        for (int i = 1; i < 6; i++) {
            if (count == 0 || sorted[i] - sorted[i - 1] > sorted[count] - sorted[count - 1]) count = i;
        }
        for (String method : List.of("L1", "GReg-1", "GReg-2")) {
            Path run = pruned("auto" + method, "--method", method, "--stage-pr", "conv1:-1", "--no-finetune");
            if (!method.equals("GReg-2")) assertEquals(6 - count, kept(run, "conv1").length, method);
            assertTrue(kept(run, "conv1").length < 6, method);
        }
    }

    @Test
    void aPickThatGReg2DoesNotMakeIsSaid() {
        for (String end : List.of("max", "rand")) {
            Cli result = prune(
                    temp.resolve(end),
                    "--stage-pr",
                    RATIOS,
                    "--method",
                    "GReg-2",
                    "--no-finetune",
                    "--pick-pruned",
                    end);
            assertEquals(0, result.code(), result.err());
            String warning =
                    "warning: --pick-pruned " + end + " has no effect on GReg-2, which picks the smallest scores";
            assertEquals(
                    1, result.err().lines().filter(l -> l.contains(warning)).count(), result.err());
        }
        Cli withoutWarning = prune(
                temp.resolve("silent"),
                "--stage-pr",
                RATIOS,
                "--method",
                "L1",
                "--no-finetune",
                "--pick-pruned",
                "max");
        assertFalse(withoutWarning.err().contains("no effect on GReg-2"), withoutWarning.err());
    }

    @Test
    void aGrowthThatDivergesLeavesACheckpointOfNumbers() {
        Path out = temp.resolve("lost");
        // with FixReg and no records the loss is not read between its only update and the end
        String[] unread = {"--method", "FixReg", "--log-interval", "1000", "--checkpoint-interval", "0"};
        Cli result = prune(
                out,
                Stream.concat(Stream.of("--stage-pr", RATIOS, "--lr-prune", "1e30"), Stream.of(unread))
                        .toArray(String[]::new));
        assertEquals(1, result.code(), result.err());
        assertTrue(result.err().contains("pruning: diverged, sum |"), result.err());
        StateDict saved = RunState.read(out.resolve(RunState.FILE)).network().state();
        for (String name : saved.names()) {
            for (float value : saved.get(name).values()) assertTrue(Float.isFinite(value), name);
        }
    }

    @Test
    void aRunThatDivergesStopsAndLeavesNothingBroken() {
        expectError(1, "pruning: diverged, the loss is NaN", "--stage-pr", RATIOS, "--lr-prune", "1e30");
        Path run = temp.resolve("lost");
        Cli tuned = prune(run, "--stage-pr", RATIOS, "--method", "L1", "--lr-ft", "1e30");
        assertEquals(1, tuned.code(), tuned.err());
        assertTrue(tuned.err().contains("finetune: diverged, "), tuned.err());
        assertTrue(tuned.err().contains("use a smaller learning rate"), tuned.err());
        assertFalse(Files.exists(run.resolve("pruned.safetensors")), "a lost network is not kept");
        assertTrue(Files.exists(run.resolve("checkpoint/state.safetensors")), "the checkpoint before it is");
    }

    @Test
    void reinitialisedNetworksKeepTheirStructureOnly() throws Exception {
        for (String how : List.of("default", "orth")) {
            Path run = pruned(how, "--method", "L1", "--stage-pr", RATIOS, "--reinit", how, "--lr-ft", "1e-20");
            StateDict after = state(run);
            assertArrayEquals(
                    new int[] {3, 1, 5, 5}, after.get("conv1.weight").shape().dims());
            double[][] rows = new double[3][25];
            float[] weight = after.get("conv1.weight").values();
            for (int i = 0; i < weight.length; i++) rows[i / 25][i % 25] = weight[i];
            double dot = 0;
            double length = 0;
            for (int i = 0; i < 25; i++) {
                dot += rows[0][i] * rows[1][i];
                length += rows[0][i] * rows[0][i];
            }
            assertEquals(how.equals("orth"), Math.abs(dot) < 1e-6 && Math.abs(length - 1) < 1e-6, how);
        }
    }

    private static Cli study(String which, String... more) {
        List<String> args =
                new ArrayList<>(List.of("study", which, "--weights", base.toString(), "--dataset", "mnist"));
        args.addAll(List.of("--data", shared.resolve("mnist").toString()));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    private static JsonNode named(JsonNode choices, String start) {
        for (JsonNode choice : choices) if (choice.get("name").asText().startsWith(start)) return choice;
        throw new AssertionError(start + " in " + choices);
    }

    @Test
    void theOracleRanksWhatTheMethodsChoose() throws Exception {
        Path run = pruned("greg2", "--method", "GReg-2", "--stage-pr", "conv1:0.5,conv2:0.125", "--no-finetune");
        Cli oracle = study("oracle", "--layer", "conv1,conv2", "--runs", run.toString(), "--steps", "1", "--json");
        assertEquals(0, oracle.code(), oracle.err());
        JsonNode layers = JSON.readTree(oracle.out()).get("layers");
        JsonNode conv1 = layers.get(0);
        assertEquals(20, conv1.get("measured").asInt());
        assertEquals(20, conv1.get("combinations").asInt());
        int[] gone = new int[3];
        JsonNode l1 = named(conv1.get("choices"), "L1");
        for (int i = 0; i < 3; i++) gone[i] = l1.get("pruned").get(i).asInt();
        assertArrayEquals(three(false), gone);
        // what is left of the run's network is what its choice does not name
        List<Integer> left = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5));
        named(conv1.get("choices"), "GReg-2 of " + run).get("pruned").forEach(n -> left.remove((Integer) n.asInt()));
        assertArrayEquals(
                kept(run, "conv1"), left.stream().mapToInt(Integer::intValue).toArray());
        for (JsonNode choice : conv1.get("choices")) {
            int rank = 1;
            int tunedRank = 1;
            for (JsonNode o : conv1.get("outcomes")) {
                if (o.get("loss").asDouble() < choice.get("loss").asDouble()) rank++;
                if (o.get("finetuned").asDouble() < choice.get("finetuned").asDouble()) tunedRank++;
                if (!o.get("pruned").equals(choice.get("pruned"))) continue;
                assertEquals(o.get("loss"), choice.get("loss"));
            }
            assertEquals(rank, choice.get("rank").asInt(), choice.toString());
            assertEquals(tunedRank, choice.get("rank_finetuned").asInt(), choice.toString());
        }
        assertEquals(1, named(conv1.get("choices"), "best").get("rank").asInt());
        assertEquals(2, layers.get(1).get("removed").asInt(), "as many as the run has removed");
        assertEquals(120, layers.get(1).get("measured").asInt());
    }

    /** With the gradient of all images at once, as a run has it whose batch they are. */
    @Test
    void theOracleRanksTheOtherScores() throws Exception {
        Cli oracle = study("oracle", "--layer", "conv2", "--remove", "8", "--most", "1", "--json");
        assertEquals(0, oracle.code(), oracle.err());
        JsonNode choices = JSON.readTree(oracle.out()).get("layers").get(0).get("choices");
        String[] flags = {"--method", "L1", "--stage-pr", "conv2:0.5", "--no-finetune", "--batch-size-prune"};
        List<String> batch = List.of(String.valueOf(TinyData.MNIST_TRAIN), "--score");
        List<Object> chosen = new ArrayList<>();
        for (String[] score : new String[][] {{"l1", "L1"}, {"l2", "L2"}, {"taylor", "Taylor"}}) {
            List<String> all = new ArrayList<>(List.of(flags));
            all.addAll(batch);
            all.add(score[0]);
            int[] kept = kept(pruned(score[0], all.toArray(new String[0])), "conv2");
            List<Integer> left = new ArrayList<>(
                    java.util.stream.IntStream.range(0, 16).boxed().toList());
            named(choices, score[1]).get("pruned").forEach(n -> left.remove((Integer) n.asInt()));
            assertArrayEquals(kept, left.stream().mapToInt(Integer::intValue).toArray(), score[1]);
            chosen.add(left);
        }
        assertEquals(3, chosen.stream().distinct().count(), "or the test could not tell them apart: " + chosen);
    }

    @Test
    void theOracleTellsPeopleTheSame() throws Exception {
        Cli told = study("oracle", "--layer", "conv2", "--remove", "3", "--wg", "channel");
        assertEquals(0, told.code(), told.err());
        assertTrue(told.out().contains("20 of 20 ways to remove 3 of 6 input channels"), told.out());
        Cli sample = study("oracle", "--layer", "conv2", "--remove", "2", "--most", "5");
        assertTrue(sample.out().contains("5 of 120 ways to remove 2 of 16 filters"), sample.out());
        Cli weights = study("oracle", "--layer", "conv1", "--remove", "75", "--wg", "weight", "--most", "3");
        assertTrue(weights.out().contains("3 of 9.28e+43 ways to remove 75 of 150 weights"), weights.out());
        assertEquals(2, study("oracle", "--layer", "conv1", "--remove", "6").code());
        Cli unknown = study("oracle", "--layer", "cnv1", "--remove", "1");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("did you mean 'conv1'?"), unknown.err());
    }

    /** Other images for another seed, the same for the same. */
    @Test
    void theImagesOfTheOracleAreDrawnBySeed() throws Exception {
        List<String> losses = new ArrayList<>();
        for (String seed : List.of("0", "0", "1")) {
            Cli oracle =
                    study("oracle", "--layer", "conv1", "--remove", "3", "--images", "4", "--seed", seed, "--json");
            losses.add(JSON.readTree(oracle.out())
                    .get("layers")
                    .get(0)
                    .get("outcomes")
                    .get(0)
                    .get("loss")
                    .asText());
        }
        assertEquals(losses.get(0), losses.get(1));
        assertFalse(losses.get(0).equals(losses.get(2)), losses.toString());
    }

    @Test
    void theJacobianSumsUpAllSingularValues() throws Exception {
        Cli jacobian = study("jacobian", "--samples", "3", "--json");
        assertEquals(0, jacobian.code(), jacobian.err());
        JsonNode json = JSON.readTree(jacobian.out());
        JsonNode values = json.get("singular_values");
        assertEquals(3, values.size());
        double sum = 0;
        double largest = 0;
        for (JsonNode sample : values) {
            assertEquals(10, sample.size());
            for (JsonNode value : sample) {
                sum += value.asDouble();
                largest = Math.max(largest, value.asDouble());
            }
        }
        assertEquals(sum / 30, json.get("mean").asDouble(), 1e-12);
        assertEquals(largest, json.get("max").asDouble());
        assertTrue(study("jacobian").out().contains("singular values: mean "), "for people");
    }
}
