package greg.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.datasets.ImageShape;
import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.io.Safetensors;
import greg.pruning.cli.Main;
import greg.pruning.cli.SmallRuns;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.ResultTable;
import greg.pruning.report.RunRecord;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunState;
import greg.pruning.run.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The files of a run. Valid ones come from three small runs that {@link #prepare} makes: one that is finished, one interrupted
 * while lambda grows, and one interrupted in its finetuning.
 */
final class RunTargets {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STATE = "state";
    private static final ImageShape IMAGES = new ImageShape(1, 28, 28, 10);

    private RunTargets() {}

    private static Path runs() {
        return Path.of(System.getProperty(Options.RUNS));
    }

    /** Makes the runs anew, for this process and those that it starts. */
    static void prepare(Path folder) throws IOException {
        System.setProperty(Options.RUNS, folder.toString());
        delete(folder);
        Files.createDirectories(runs());
        for (Stage stage : Stage.values()) {
            SmallRuns.run(SmallRuns.command("prune", runs(), stage.folder(), "--method", "GReg-2"), stage.steps);
        }
    }

    private enum Stage {
        FINISHED(0),
        GROWING(9),
        FINETUNING(18);

        private final int steps;

        Stage(int steps) {
            this.steps = steps;
        }

        Path folder() {
            return runs().resolve(name().toLowerCase(Locale.ROOT));
        }
    }

    /** A JSON file of a finished run, read for the comparison of runs and its page. */
    record Report(String file) implements Target {
        @Override
        public String name() {
            return file.substring(0, file.indexOf('.'));
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return List.of(timeless(Stage.FINISHED.folder().resolve(file)));
        }

        @Override
        public Mutator mutator() {
            return file.endsWith("l") ? RunTargets::line : Mutator.mostly(JsonMutator.INSTANCE);
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            copy(Stage.FINISHED.folder(), scratch);
            return new FileReader(scratch.resolve(file), f -> {
                RunRecord run = RunRecord.read(scratch);
                ResultTable table = new ResultTable(run.results(), name -> "--" + name);
                table.toText();
                HtmlReport.of(List.of(run), table);
            });
        }
    }

    /** The state of an interrupted run, JSON in its checkpoint: read, and a network built from it. */
    record State() implements Target {
        @Override
        public String name() {
            return STATE;
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return List.of(state(Stage.GROWING), state(Stage.FINETUNING), state(Stage.FINISHED));
        }

        @Override
        public Mutator mutator() {
            return Mutator.mostly(JsonMutator.INSTANCE);
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            copy(Stage.GROWING.folder(), scratch);
            Checkpoint original = Safetensors.read(scratch.resolve(RunState.FILE));
            Backend backend = Backends.open("reference"); // for as long as this process lives
            return input -> {
                store(original, input, scratch);
                RunState.Saved saved = RunState.read(scratch.resolve(RunState.FILE));
                GrowthSchedule.Saved.of(saved.growth());
                NetworkSpec spec = NetworkSpec.of(saved.network(), null, IMAGES);
                try (NnModule network = saved.load(spec, backend)) {
                    network.parameters();
                }
            };
        }
    }

    /** As above, and the run is resumed to its end; a hundred times slower. */
    record ResumedState() implements Target {
        @Override
        public String name() {
            return "resume-state";
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            return List.of(state(Stage.GROWING));
        }

        @Override
        public Mutator mutator() {
            return JsonMutator.INSTANCE;
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            Checkpoint original = Safetensors.read(Stage.GROWING.folder().resolve(RunState.FILE));
            return input -> {
                copy(Stage.GROWING.folder(), scratch);
                Files.delete(scratch.resolve(RunState.PREVIOUS)); // which would be used instead
                store(original, input, scratch);
                resume(scratch);
            };
        }
    }

    /** A file of an interrupted run, which is resumed to its end. */
    record Resumed(String file) implements Target {
        @Override
        public String name() {
            return "resume-" + file.substring(0, file.indexOf('.'));
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            // as it is: the state knows how long the metrics are
            return List.of(Files.readAllBytes(Stage.FINETUNING.folder().resolve(file)));
        }

        @Override
        public Mutator mutator() {
            return file.endsWith("l") ? RunTargets::line : Mutator.mostly(JsonMutator.INSTANCE);
        }

        @Override
        public Reader open(Path scratch) {
            return input -> {
                copy(Stage.FINETUNING.folder(), scratch);
                Files.write(scratch.resolve(file), input);
                resume(scratch);
            };
        }
    }

    /** Resumes a run in this process; a refusal in one line is thrown, any other failure is an AssertionError. */
    private static void resume(Path folder) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code = Main.run(new String[] {"prune", "--resume", folder.toString()}, err, err);
        if (code == 0) return;
        String said = out.toString(StandardCharsets.UTF_8);
        List<String> errors = said.lines().filter(l -> l.startsWith("greg: ")).toList();
        boolean refused = (code == 1 || code == 2) && errors.size() == 1 && said.endsWith(errors.get(0) + "\n");
        if (!refused || errors.get(0).matches(".*(internal error|out of memory).*")) {
            throw new AssertionError("exit code " + code + ": " + said);
        }
        throw new UsageException(errors.get(0));
    }

    private static byte[] state(Stage stage) throws IOException {
        String text = Safetensors.read(stage.folder().resolve(RunState.FILE))
                .metadata()
                .get(STATE);
        return JSON.writeValueAsBytes(timeless(JSON.readTree(text)));
    }

    private static void store(Checkpoint original, byte[] state, Path folder) {
        Map<String, String> metadata = new HashMap<>(original.metadata());
        metadata.put(STATE, new String(state, StandardCharsets.UTF_8));
        Safetensors.write(folder.resolve(RunState.FILE), original.state(), metadata);
    }

    /** Content of a file, one JSON text or several in lines, without what differs from run to run. */
    private static byte[] timeless(Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        List<String> parts = file.toString().endsWith("l") ? Files.readAllLines(file) : List.of(Files.readString(file));
        for (String part : parts) text.append(timeless(JSON.readTree(part))).append('\n');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode timeless(JsonNode node) {
        node.forEach(RunTargets::timeless);
        if (node instanceof ObjectNode object) {
            for (String name : List.of("seconds", "images_per_second")) {
                if (object.path(name).isNumber()) object.put(name, 1.5);
            }
            if (object.path("measured").isArray()) object.putArray("measured");
        }
        return node;
    }

    /** Damages one line of several. */
    private static byte[] line(byte[] input, byte[] other, SplittableRandom random) {
        if (random.nextInt(4) == 0) return ByteMutator.INSTANCE.mutate(input, other, random);
        List<String> lines = new ArrayList<>(
                new String(input, StandardCharsets.UTF_8).lines().toList());
        if (lines.isEmpty()) return other;
        int i = random.nextInt(lines.size());
        byte[] changed = JsonMutator.INSTANCE.mutate(lines.get(i).getBytes(StandardCharsets.UTF_8), other, random);
        lines.set(i, new String(changed, StandardCharsets.UTF_8));
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Makes {@code to} a copy of {@code from}, and nothing more. */
    static void copy(Path from, Path to) throws IOException {
        delete(to);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }
}
