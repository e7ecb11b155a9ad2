package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.reference.ReferenceBackend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Safetensors;
import greg.nn.model.Networks;
import greg.pruning.run.NetworkSpec;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Some 600 wrong command lines, one a line of {@code wrong-command-lines.txt}: every option of every command with values that
 * are no number, negative, zero, huge, or empty, unknown options, combinations without an effect, files that are missing,
 * folders, or of another network. Each has one line of answer, or two, and an exit code, and leaves nothing behind.
 */
class WrongCommandLinesTest {
    private static final String CORPUS = "wrong-command-lines.txt";
    private static final int FEWEST = 400;
    private static final int MOST_LINES = 2;
    /** A word, or one in quotes. */
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    @TempDir
    static Path temp;

    private static final Map<String, Path> FILES = new TreeMap<>();

    @BeforeAll
    static void files() throws Exception {
        FILES.put("cifar", TinyData.cifar10(temp.resolve("cifar")));
        FILES.put("mnist", TinyData.mnist(temp.resolve("mnist")));
        FILES.put("folder", Files.createDirectory(temp.resolve("folder")));
        FILES.put("full", Files.createDirectory(temp.resolve("full")));
        Files.writeString(temp.resolve("full/notes.txt"), "mine");
        FILES.put("garbage", Files.writeString(temp.resolve("garbage"), "this is none of it"));
        FILES.put("plan", Files.writeString(temp.resolve("plan.yaml"), "command: train"));
        FILES.put("typo", Files.writeString(temp.resolve("typo.yaml"), "cross: {sed: [0]}"));
        FILES.put("args", Files.writeString(temp.resolve("args"), "--version"));
        FILES.put("lenet", network("lenet5", 1, 28, 0));
        FILES.put("nan", network("lenet5", 1, 28, Float.NaN));
        FILES.put("resnet8", network("resnet8", 3, 32, 0));
        StateDict state = new StateDict();
        state.put("conv.weight", Shape.of(2), new float[2]);
        FILES.put("foreign", temp.resolve("foreign.safetensors"));
        Safetensors.write(FILES.get("foreign"), state, Map.of());
        FILES.put("run", temp.resolve("run"));
        FILES.put("nowhere", temp.resolve("nowhere"));
        FILES.put("out", temp.resolve("out"));
        List<String> train = new ArrayList<>(List.of("train", "--arch", "lenet5", "--dataset", "mnist", "--data"));
        train.addAll(List.of(FILES.get("mnist").toString(), "--device", "reference", "--epochs", "0", "--out"));
        train.add(FILES.get("run").toString());
        Cli made = Cli.run(train.toArray(new String[0]));
        assertEquals(0, made.code(), made.err());
    }

    @AfterAll
    static void noInterruptIsLeft() {
        Interrupts.pretend(0);
    }

    /** A network with this value for all of its first parameter. */
    private static Path network(String arch, int channels, int size, float first) {
        Path file = temp.resolve(arch + first + ".safetensors");
        try (ReferenceBackend backend = new ReferenceBackend();
                NnModule network = Networks.create(arch, backend, channels, size, 10)) {
            Tensor weight = network.parameters().values().iterator().next().tensor();
            float[] values = weight.toHost();
            Arrays.fill(values, first);
            weight.set(values);
            new NetworkSpec(arch, channels, size, 10, PruningPlan.none(), null).save(file, network);
        }
        return file;
    }

    private static List<String> corpus() throws IOException {
        try (var in = WrongCommandLinesTest.class.getResourceAsStream(CORPUS)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static String[] words(String line) {
        List<String> words = new ArrayList<>();
        for (Matcher m = WORD.matcher(line); m.find(); ) words.add(m.group(1) != null ? m.group(1) : m.group(2));
        for (Map.Entry<String, Path> file : FILES.entrySet()) {
            words.replaceAll(word ->
                    word.replace("{" + file.getKey() + "}", file.getValue().toString()));
        }
        return words.toArray(new String[0]);
    }

    /** All that is in the folder, and in the one in which runs are kept by default. */
    private static List<String> everything() throws IOException {
        try (Stream<Path> all = Files.walk(temp)) {
            List<String> found = new ArrayList<>();
            for (Path p : all.sorted().toList()) {
                String size = Files.isDirectory(p) ? "" : Files.size(p) + " bytes of " + Files.getLastModifiedTime(p);
                found.add(p + " " + size);
            }
            if (Files.exists(Path.of("runs"))) found.add("runs");
            return found;
        }
    }

    /** What is wrong with the answer, or null. */
    private static String fault(String line, List<String> before) throws IOException {
        int code = Integer.parseInt(line.substring(0, 1));
        Interrupts.pretend(1); // should a run begin, it is not a long one
        Cli answer = Cli.run(words(line.substring(1)));
        List<String> said = answer.err().lines().toList();
        if (answer.code() != code) return "exit code " + answer.code() + ": " + answer.err();
        if (!answer.out().isEmpty()) return "on standard output: " + answer.out();
        if (said.isEmpty() || said.size() > MOST_LINES) return said.size() + " lines: " + answer.err();
        if (!said.get(said.size() - 1).startsWith("greg: ")) return "no answer: " + answer.err();
        if (answer.err().matches("(?s).*(internal error|Exception|\\bnull\\b|\\tat ).*")) return answer.err();
        List<String> after = new ArrayList<>(everything());
        if (!after.equals(before)) {
            after.removeAll(before);
            return "left behind or changed: " + after;
        }
        return null;
    }

    @Test
    void eachIsAnsweredInALineAndLeavesNothing() throws Exception {
        List<String> lines = corpus();
        assertTrue(lines.size() >= FEWEST, lines.size() + " command lines");
        List<String> faults = new ArrayList<>();
        List<String> before = everything();
        for (String line : lines) {
            String fault = fault(line, before);
            if (fault == null) continue;
            faults.add(line + "\n    " + fault.strip());
            try (Stream<Path> out = Files.walk(temp)) { // so that it does not hide the next fault
                List<Path> left =
                        out.filter(p -> p.startsWith(FILES.get("out"))).toList();
                for (int i = left.size() - 1; i >= 0; i--) Files.delete(left.get(i));
            }
            before = everything();
        }
        assertEquals("", String.join("\n", faults), faults.size() + " of " + lines.size());
    }
}
