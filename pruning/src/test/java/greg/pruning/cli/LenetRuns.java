package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.nn.StateDict;
import greg.nn.io.Checkpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Runs of {@code prune} on a LeNet-5 that was trained a little, on a few images. */
abstract class LenetRuns {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String RATIOS = "conv1:0.5,conv2:0.5";

    @TempDir
    static Path shared;

    /** A network to start from, with weights that are not the initial ones. */
    static Path base;

    @TempDir
    Path temp;

    @BeforeAll
    static void baseNetwork() throws Exception {
        TinyData.mnist(shared.resolve("mnist"));
        base = shared.resolve("base");
        List<String> args = new ArrayList<>(List.of("train", "--arch", "lenet5", "--out", base.toString()));
        args.addAll(data());
        args.addAll(List.of("--epochs", "1", "--lr", "0.01", "--batch-size", "8"));
        Cli trained = Cli.run(args.toArray(new String[0]));
        assertEquals(0, trained.code(), trained.err());
    }

    static List<String> data() {
        return List.of("--dataset", "mnist", "--data", shared.resolve("mnist").toString(), "--augment", "none");
    }

    static Cli prune(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of("prune", "--weights", base.toString(), "--out", out.toString()));
        args.addAll(data());
        args.addAll(List.of("--epochs", "1", "--batch-size", "8"));
        if (!List.of(more).contains("--batch-size-prune")) args.addAll(List.of("--batch-size-prune", "8"));
        if (!List.of(more).contains("--lr-ft")) args.addAll(List.of("--lr-ft", "0.001"));
        args.addAll(List.of("--update-reg-interval", "1", "--stabilize-reg-interval", "2", "--reg-upper-limit", "1"));
        args.addAll(List.of("--reg-upper-limit-pick", "0.5", "--reg-granularity-pick", "0.25"));
        args.addAll(List.of("--reg-granularity-prune", "0.25"));
        if (!List.of(more).contains("--lr-prune")) args.addAll(List.of("--lr-prune", "0.01"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(new String[0]));
    }

    Path pruned(String name, String... flags) {
        Path out = temp.resolve(name);
        Cli result = prune(out, flags);
        assertEquals(0, result.code(), result.err());
        return out;
    }

    static StateDict state(Path run) {
        return Checkpoints.load(run.resolve("pruned.safetensors")).state();
    }

    static int[] kept(Path run, String layer) throws Exception {
        JsonNode list = JSON.readTree(run.resolve("plan.json").toFile())
                .get("kept_filters")
                .get(layer);
        int[] kept = new int[list.size()];
        for (int i = 0; i < kept.length; i++) kept[i] = list.get(i).asInt();
        return kept;
    }

    /** Mean |w| of each of the base network's filters of conv1 (6, 1, 5, 5). */
    static double[] norms() {
        float[] weight = Checkpoints.load(base.resolve("checkpoint/latest.safetensors"))
                .state()
                .get("conv1.weight")
                .values();
        double[] norms = new double[6];
        for (int i = 0; i < weight.length; i++) norms[i / 25] += Math.abs(weight[i]) / 25;
        return norms;
    }

    /** The three filters of conv1 with the largest (or smallest) norms, ascending by number. */
    static int[] three(boolean largest) {
        double[] norms = norms();
        return java.util.stream.IntStream.range(0, 6)
                .boxed()
                .sorted((a, b) -> (largest ? -1 : 1) * Double.compare(norms[a], norms[b]))
                .limit(3)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
    }

    void expectError(int code, String text, String... flags) {
        Cli result = prune(temp.resolve("error"), flags);
        assertEquals(code, result.code(), result.err());
        assertTrue(result.err().contains(text), result.err());
        assertEquals(
                1,
                result.err().strip().lines().filter(l -> l.startsWith("greg:")).count(),
                result.err());
    }
}
