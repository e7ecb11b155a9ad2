package greg.pruning.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.kernels.spec.GroupIndex;
import greg.nn.StateDict;
import greg.nn.io.Safetensors;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Written;
import greg.pruning.select.PickPruned;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * One recorded run of the reference implementation (MingSun-Tse/Regularization-Pruning at a4044028, PyTorch 1.13.1,
 * CPU, float32): its settings, the trace of its penalty updates, and what it pruned. The bundled ones are reduced to
 * what the tests read; {@code -Dgreg.golden.dir=DIR} replays a folder of complete ones instead.
 */
final class GoldenCase {
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path folder;
    final String name;
    final JsonNode settings;
    final JsonNode summary;
    final List<JsonNode> trace;
    final List<JsonNode> iterations;
    final List<Layer> layers = new ArrayList<>();

    /** One convolution or linear layer as {@code pruned.json} has it. */
    record Layer(String name, JsonNode json) {
        int[] shape() {
            return ints("shape");
        }

        int positions() {
            int[] shape = shape();
            return shape.length == 2 ? 1 : shape[2] * shape[3];
        }

        GroupIndex groups(Granularity wg) {
            return wg.index(shape()[0], shape()[1], positions());
        }

        int[] ints(String key) {
            JsonNode list = json.get(key);
            int[] values = new int[list.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = list.get(i).intValue();
            }
            return values;
        }

        /** The groups that are removed, ascending: for single weights only those that stay are listed. */
        int[] pruned() {
            BitSet stays = new BitSet();
            for (int group : ints("kept")) stays.set(group);
            int groups = json.get("n_groups").intValue();
            return IntStream.range(0, groups).filter(g -> !stays.get(g)).toArray();
        }

        float[] floats(String key) {
            JsonNode list = json.get(key);
            float[] values = new float[list.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) list.get(i).doubleValue();
            }
            return values;
        }
    }

    private GoldenCase(Path folder) throws IOException {
        this.folder = folder;
        this.settings = JSON.readTree(folder.resolve("case.json").toFile());
        this.name = settings.get("name").textValue();
        JsonNode pruned = JSON.readTree(folder.resolve("pruned.json").toFile());
        this.summary = pruned.get("summary");
        for (Map.Entry<String, JsonNode> entry : pruned.get("layers").properties()) {
            layers.add(new Layer(entry.getKey(), entry.getValue()));
        }
        List<JsonNode> visits = new ArrayList<>();
        List<JsonNode> steps = new ArrayList<>();
        for (String line : lines(folder)) {
            JsonNode record = JSON.readTree(line);
            (record.get("type").textValue().equals("reg") ? visits : steps).add(record);
        }
        this.trace = visits;
        this.iterations = steps;
    }

    private static List<String> lines(Path folder) throws IOException {
        Path plain = folder.resolve("trace.jsonl");
        if (Files.exists(plain)) {
            return Files.readAllLines(plain);
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(folder.resolve("trace.jsonl.gz")))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    /** Whether the cases are the bundled ones, since no others were requested. */
    static boolean bundled() {
        return System.getProperty("greg.golden.dir") == null;
    }

    /** All cases of the requested folder, or the bundled ones; fails if there are none. */
    static Stream<GoldenCase> all() {
        return bundled() ? inBundle() : in(Path.of(System.getProperty("greg.golden.dir")));
    }

    /** The bundled cases. */
    static Stream<GoldenCase> inBundle() {
        try {
            return in(Path.of(GoldenCase.class.getResource("/golden/greg").toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Stream<GoldenCase> in(Path root) {
        try (Stream<Path> folders = Files.list(root)) {
            List<GoldenCase> cases = new ArrayList<>();
            for (Path folder : folders.filter(f -> Files.exists(f.resolve("case.json")))
                    .sorted()
                    .toList()) {
                cases.add(new GoldenCase(folder));
            }
            if (cases.isEmpty()) {
                throw new IllegalStateException("no golden case in " + root + "; a case is a folder with a case.json");
            }
            return cases.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GregConfig config() {
        JsonNode h = settings.get("hyperparameters");
        return GregConfig.of(Written.constants(PruningMethod.class)
                        .get(h.get("method").textValue()))
                .granularity(wg())
                .pickPruned(Written.constants(PickPruned.class)
                        .get(h.get("pick_pruned").textValue()))
                .lrPrune(h.get("lr_prune").doubleValue())
                .updateRegInterval(h.get("update_reg_interval").intValue())
                .stabilizeRegInterval(h.get("stabilize_reg_interval").intValue())
                .regUpperLimit(h.get("reg_upper_limit").doubleValue())
                .regUpperLimitPick(h.get("reg_upper_limit_pick").doubleValue())
                .regGranularityPick(h.get("reg_granularity_pick").doubleValue())
                .regGranularityPrune(h.get("reg_granularity_prune").doubleValue())
                .regGranularityRecover(h.get("reg_granularity_recover").doubleValue())
                .magRatioLimit(h.get("mag_ratio_limit").doubleValue())
                .weightDecay(h.get("weight_decay").doubleValue())
                .momentum(h.get("momentum").doubleValue())
                .build();
    }

    Granularity wg() {
        return Written.constants(Granularity.class)
                .get(settings.get("hyperparameters").get("wg").textValue());
    }

    /** The value of a flag in the reference implementation's command line. */
    String flag(String flag) {
        JsonNode words = settings.get("reference_command_line");
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).textValue().equals(flag)) {
                return words.get(i + 1).textValue();
            }
        }
        return "";
    }

    /** True if images have one plane, the mean of the three. */
    boolean gray() {
        return settings.path("data").path("normalize").asText().equals("gray");
    }

    /** True if the case, or another one that starts from the same checkpoint, includes its initial weights. */
    boolean hasInitialWeights() {
        return initial() != null;
    }

    /** Weights and BN buffers before iteration 0, by name. */
    StateDict initialWeights() {
        return Safetensors.read(initial()).state();
    }

    private Path initial() {
        String initialWeights = "init.safetensors";
        if (Files.exists(folder.resolve(initialWeights))) return folder.resolve(initialWeights);
        JsonNode checkpoint = settings.path("init").path("checkpoint").path("sha256");
        if (checkpoint.isMissingNode()) return null;
        try (Stream<Path> cases = Files.list(folder.getParent())) {
            for (Path other :
                    cases.filter(f -> Files.exists(f.resolve(initialWeights))).toList()) {
                JsonNode its = JSON.readTree(other.resolve("case.json").toFile());
                if (checkpoint.equals(its.path("init").path("checkpoint").path("sha256")))
                    return other.resolve(initialWeights);
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of weights of the case ({@code preprune}, {@code final}), or null if it was left out. */
    StateDict weights(String which) {
        Path file = folder.resolve(which + ".safetensors");
        return Files.exists(file) ? Safetensors.read(file).state() : null;
    }

    /** A JSON file of the case ({@code metrics}, {@code variation}), or null if it was left out. */
    JsonNode json(String which) {
        Path file = folder.resolve(which + ".json");
        try {
            return Files.exists(file) ? JSON.readTree(file.toFile()) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
