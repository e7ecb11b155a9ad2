package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
import greg.nn.io.Safetensors;
import greg.pruning.report.BadJsonException;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.Json;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunException;
import greg.pruning.run.RunState;
import greg.pruning.run.UsageException;
import greg.pruning.testing.JsonMutants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The JSON of a run, altered on purpose so that no checksum tells: each mutant gives a result or one of our exceptions with a
 * message in one line, never another exception. (In cli for the runs to alter.)
 */
class HostileJsonTest extends LenetRuns {
    private static final String[] GROWING = {"--method", "GReg-2", "--wg", "filter", "--stage-pr", RATIOS, "--one-shot"
    };

    private Random random;
    private int refused;
    private int taken;

    @BeforeEach
    void seed() {
        random = new Random(10);
    }

    /** Something that reads a mutant. */
    @FunctionalInterface
    private interface Reading {
        void run() throws IOException;
    }

    private void attempt(String mutant, Reading reading) {
        try {
            reading.run();
            taken++;
        } catch (RunException | CheckpointException | BadJsonException | UsageException e) {
            refused++;
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            fail("of " + mutant.substring(0, Math.min(2000, mutant.length())), e);
        }
    }

    private void summary(int mutants) {
        assertEquals(mutants, refused + taken);
        assertTrue(refused > mutants / 10 && taken > 0, refused + " refused, " + taken + " taken");
    }

    @Test
    void whatAReportReads() throws IOException {
        Path run = pruned("run", GROWING);
        assertEquals(1, HtmlReport.of(RunRecord.read(run)).split("<h1>").length - 1);
        Path mutated = RunFolders.copy(run, temp.resolve("mutated"));
        for (String name : List.of("config.json", "report.json", "metrics.jsonl")) {
            String good = Files.readString(run.resolve(name));
            for (int i = 0; i < 250; i++) {
                String mutant = name.endsWith("l") ? ofOneLine(good) : JsonMutants.of(good, random);
                Files.writeString(mutated.resolve(name), mutant);
                attempt(mutant, () -> {
                    RunRecord record = RunRecord.read(mutated);
                    ResultTable table = new ResultTable(record.results());
                    table.toText();
                    Json.line(table.content());
                    HtmlReport.of(record);
                });
            }
            Files.writeString(mutated.resolve(name), good);
        }
        summary(750);
    }

    private String ofOneLine(String lines) throws IOException {
        String[] all = lines.split("\n");
        int at = random.nextInt(all.length);
        all[at] = JsonMutants.of(all[at], random);
        return String.join("\n", all);
    }

    /** Copies of the checkpoints of a growing run, from its first to its last. */
    private List<Path> states() throws IOException {
        Path out = temp.resolve("states");
        List<Path> states = new ArrayList<>();
        Interrupts.pretend(3);
        Cli run = prune(out, GROWING);
        while (run.code() == Failures.INTERRUPTED) {
            states.add(Files.copy(out.resolve(RunState.FILE), temp.resolve("state" + states.size())));
            Interrupts.pretend(3);
            run = Cli.run("prune", "--resume", out.toString());
        }
        Interrupts.pretend(0);
        assertEquals(0, run.code(), run.err());
        states.add(Files.copy(out.resolve(RunState.FILE), temp.resolve("last")));
        assertTrue(states.size() > 3, states.toString());
        return states;
    }

    private void mutate(Path good, Path to, String key, UnaryOperator<String> mutation) {
        Checkpoint checkpoint = Safetensors.read(good);
        Map<String, String> metadata = new HashMap<>(checkpoint.metadata());
        metadata.computeIfPresent(key, (k, text) -> mutation.apply(text));
        Safetensors.write(to, checkpoint.state(), metadata);
    }

    @Test
    void theStateOfARunAndItsGrowth() throws IOException {
        List<Path> states = states();
        Path mutated = temp.resolve("mutated");
        List<String> texts = states.stream()
                .map(file -> Safetensors.read(file).metadata().get("state"))
                .toList();
        for (int i = 0; i < 1500; i++) {
            String mutant = JsonMutants.of(texts.get(i % texts.size()), random);
            attempt(mutant, () -> Json.parse(mutant, RunState.class, mutated));
        }
        for (int i = 0; i < 100; i++) {
            Checkpoint checkpoint = Safetensors.read(states.get(i % states.size()));
            StateDict state = checkpoint.state();
            List<String> names =
                    state.names().stream().filter(n -> n.startsWith("growth.")).toList();
            String name = names.isEmpty() ? "" : i % 2 == 0 ? names.get(0) : names.get(random.nextInt(names.size()));
            if (!names.isEmpty()) {
                float[] values = state.get(name).values();
                values[random.nextInt(values.length)] = // of the first, the phase among eight
                        List.of(-1f, Float.NaN, 1e9f, 0.5f, 65535f, 3f).get(random.nextInt(6));
            }
            Safetensors.write(mutated, state, checkpoint.metadata());
            attempt(name, () -> RunState.read(mutated));
        }
        summary(1600);
    }

    @Test
    void whatANetworkSaysOfItself() throws IOException {
        Path cut = pruned("cut", "--method", "L1", "--wg", "filter", "--stage-pr", RATIOS)
                .resolve("pruned.safetensors");
        Path masked = pruned("masked", "--method", "L1", "--wg", "weight", "--stage-pr", RATIOS)
                .resolve("pruned.safetensors");
        Path mutated = temp.resolve("mutated.safetensors");
        List<String> numbers =
                List.of("", "0", "-1", "2", "7", "99999999999", "65536", "2147483647", "1e3", "28x28", "x");
        for (int i = 0; i < 250; i++) {
            Path good = i % 4 == 0 ? masked : cut;
            List<String> keys =
                    Safetensors.read(good).metadata().keySet().stream().sorted().toList();
            String key = keys.get(random.nextInt(keys.size()));
            String[] text = {""};
            mutate(good, mutated, key, value -> text[0] = ofNetwork(key, value, numbers));
            attempt(key + " = " + text[0], () -> NetworkSpec.stored(Safetensors.read(mutated)));
        }
        summary(250);
    }

    private String ofNetwork(String key, String value, List<String> numbers) {
        if (!key.equals("plan")) return numbers.get(random.nextInt(numbers.size()));
        if (value.isEmpty()) return "conv1=0;conv2=1";
        int at = random.nextInt(value.length());
        String with = List.of("", ",", ";", "=", "-", "9", "999999999999", "0,", "conv1=0;")
                .get(random.nextInt(9));
        return value.substring(0, at) + with + value.substring(at + 1);
    }

    /** Mutants that are read as a state, put in the place of a run's checkpoint. */
    @Test
    void aRunResumedFromAnAlteredState() throws IOException {
        List<Path> states = states();
        Path folder = temp.resolve("states");
        for (int i = 0; i < 25; i++) {
            Path good = states.get(i % (states.size() - 1));
            String[] text = {""};
            while (text[0].isEmpty()) {
                String mutant = JsonMutants.of(Safetensors.read(good).metadata().get("state"), random);
                try {
                    Json.parse(mutant, RunState.class, good);
                    text[0] = mutant;
                } catch (BadJsonException e) {
                    // refused as it should be; the next one
                }
            }
            Path copy = RunFolders.copy(folder, temp.resolve("run" + i));
            mutate(good, copy.resolve(RunState.FILE), "state", state -> text[0]);
            Cli cli = Cli.run("prune", "--resume", copy.toString());
            assertFalse(cli.err().contains("internal error"), cli.err() + text[0]);
            if (cli.code() == 0) taken++;
            else refused++;
        }
        assertTrue(taken > 0 && refused > 0, refused + " refused, " + taken + " taken");
    }

    /** As runs of earlier versions have it: a state that does not know the file. */
    @Test
    void theConfigurationOfARunWithoutChecksums() throws IOException {
        Path run = pruned("run", "--method", "L1", "--wg", "filter", "--stage-pr", RATIOS);
        for (String name : List.of(RunState.FILE, RunState.PREVIOUS)) {
            mutate(run.resolve(name), run.resolve(name), "state", text -> {
                ObjectNode state = (ObjectNode) Json.parse(text, JsonNode.class, run);
                return state.without(List.of("files", "plans")).toString();
            });
        }
        String good = Files.readString(run.resolve("config.json"));
        assertEquals(0, Cli.run("prune", "--resume", run.toString()).code());
        for (int i = 0; i < 100; i++) {
            String mutant = JsonMutants.of(good, random);
            Files.writeString(run.resolve("config.json"), mutant);
            Cli cli = Cli.run("prune", "--resume", run.toString());
            assertFalse(cli.err().contains("internal error"), cli.err() + mutant);
            if (cli.code() == 0) taken++;
            else refused++;
        }
        summary(100);
    }
}
