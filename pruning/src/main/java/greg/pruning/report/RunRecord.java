package greg.pruning.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a finished pruning run left in its folder. */
public final class RunRecord {
    private final Path folder;
    private final JsonNode config;
    private final JsonNode report;
    private final List<JsonNode> metrics;

    private RunRecord(Path folder, JsonNode config, JsonNode report, List<JsonNode> metrics) {
        this.folder = folder;
        this.config = config;
        this.report = report;
        this.metrics = metrics;
    }

    /**
     * Reads a run folder.
     *
     * @throws IllegalArgumentException if it is not a run folder, the run has not finished, or one of its files cannot be read
     */
    public static RunRecord read(Path folder) {
        if (!Files.exists(folder.resolve("config.json"))) {
            throw new IllegalArgumentException(
                    folder + ": expected the folder of a run, with config.json; there is none");
        }
        if (!isFinished(folder)) {
            throw new IllegalArgumentException(
                    folder + ": expected a finished pruning run, with report.json; this one has none: resume it");
        }
        JsonNode config = tree(folder.resolve("config.json"));
        JsonNode report = tree(folder.resolve("report.json"));
        for (String key : List.of("seed", "options", "pruning")) require(folder.resolve("config.json"), config, key);
        for (String key : List.of("base", "pruned", "speedup")) require(folder.resolve("report.json"), report, key);
        return new RunRecord(folder, config, report, metrics(folder.resolve("metrics.jsonl")));
    }

    /** Whether the run in a folder has finished, with its report written. */
    public static boolean isFinished(Path folder) {
        return Files.exists(folder.resolve("report.json"));
    }

    private static void require(Path file, JsonNode json, String key) {
        if (!json.has(key)) {
            throw new IllegalArgumentException(
                    file + ": expected \"" + key + "\" in it, as this version of greg writes; it has none");
        }
    }

    private static JsonNode tree(Path file) {
        try {
            return Json.read(file);
        } catch (BadJsonException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static List<JsonNode> metrics(Path file) {
        List<JsonNode> records = new ArrayList<>();
        if (!Files.exists(file)) return records;
        try {
            for (String line : Files.readAllLines(file)) {
                if (!line.isBlank()) records.add(Json.parse(line, JsonNode.class, file));
            }
            return records;
        } catch (BadJsonException e) {
            throw new IllegalArgumentException(file + " is not one JSON object per line: " + e.reason(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its folder. */
    Path folder() {
        return folder;
    }

    /** Its command line. */
    String command() {
        StringBuilder line = new StringBuilder("greg " + config.path("command").asText());
        config.path("args").forEach(word -> line.append(' ').append(quoted(word.asText())));
        return line.toString();
    }

    private static String quoted(String word) {
        return word.matches("[\\w./:,=+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Its results: one, or two if one-shot L1 was run too. */
    public List<RunResult> results() {
        return RunResult.of(config, report);
    }

    /** Its charts: accuracy by epoch, lambda and magnitude ratio by iteration, spread by lambda. */
    List<LineChart> charts() {
        return List.of(
                new LineChart("top-1 on the test images", "epoch", "%", false, epochs("test_accuracy")),
                new LineChart("training loss", "epoch", "cross-entropy", true, epochs("loss")),
                new LineChart("largest lambda of a layer", "iteration", "lambda", false, layers("lambda")),
                new LineChart("kept / removed mean magnitude", "iteration", "ratio", true, layers("magnitude_ratio")),
                new LineChart(
                        "standard deviation / mean of a layer's scores (figure 1)", "lambda", "", false, spread()));
    }

    /** How far the groups' magnitudes spread while lambda grows: row 1 of figure 1. */
    private List<LineChart.Line> spread() {
        Points points = new Points();
        for (JsonNode record : metrics) {
            for (Map.Entry<String, JsonNode> layer : record.path("layers").properties()) {
                JsonNode at = layer.getValue();
                points.add(
                        layer.getKey(),
                        number(at.get("lambda")),
                        number(at.get("score_std")) / number(at.get("score_mean")));
            }
        }
        return points.lines();
    }

    private List<LineChart.Line> epochs(String key) {
        Points points = new Points();
        for (JsonNode record : metrics) {
            if (record.has("epoch")) {
                points.add(record.get("phase").asText(), record.get("epoch").asDouble() + 1, number(record.get(key)));
            }
        }
        return points.lines();
    }

    private List<LineChart.Line> layers(String key) {
        Points points = new Points();
        for (JsonNode record : metrics) {
            for (Map.Entry<String, JsonNode> layer : record.path("layers").properties()) {
                points.add(
                        layer.getKey(),
                        record.get("iteration").asDouble(),
                        number(layer.getValue().get(key)));
            }
        }
        return points.lines();
    }

    private static double number(JsonNode value) {
        return value == null || value.isNull() ? Double.NaN : value.asDouble();
    }

    /** Lines by name, in the order in which the names come. */
    private static final class Points {
        private final Map<String, List<double[]>> byName = new LinkedHashMap<>();

        void add(String name, double x, double y) {
            byName.computeIfAbsent(name, k -> new ArrayList<>()).add(new double[] {x, y});
        }

        List<LineChart.Line> lines() {
            List<LineChart.Line> lines = new ArrayList<>();
            byName.forEach((name, points) -> lines.add(new LineChart.Line(
                    name,
                    points.stream().mapToDouble(p -> p[0]).toArray(),
                    points.stream().mapToDouble(p -> p[1]).toArray())));
            return lines;
        }
    }
}
