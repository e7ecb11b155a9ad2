package greg.pruning.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a finished pruning run left in its folder. */
public final class RunRecord {
    private final Path folder;
    private final Field config;
    private final List<RunResult> results;
    private final List<Speed> speeds;
    private final List<Field> metrics;

    private RunRecord(Path folder, Field config, List<RunResult> results, List<Speed> speeds, List<Field> metrics) {
        this.folder = folder;
        this.config = config;
        this.results = results;
        this.speeds = speeds;
        this.metrics = metrics;
    }

    /**
     * Reads a run folder.
     *
     * @throws IllegalArgumentException if it is not a run folder, or the run has not finished
     * @throws BadJsonException if one of its files is not what greg writes
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
        Field config = Field.of(folder.resolve("config.json"));
        Field report = Field.of(folder.resolve("report.json"));
        List<RunResult> results = RunResult.of(config, report);
        return new RunRecord(folder, config, results, speeds(report), metrics(folder.resolve("metrics.jsonl")));
    }

    /** Runs of earlier versions have no engine, and no layers. */
    private static List<Speed> speeds(Field report) {
        List<Speed> speeds = new ArrayList<>();
        for (Field speed : report.get("measured").elements()) {
            List<LayerSpeed> layers = new ArrayList<>();
            for (Field layer : speed.get("layers").elements()) {
                layers.add(new LayerSpeed(
                        layer.get("layer").text(),
                        layer.get("dense_ms").number(),
                        layer.get("pruned_ms").number(),
                        layer.get("dense_macs").integer(),
                        layer.get("pruned_macs").integer()));
            }
            speeds.add(new Speed(
                    Speed.GREG,
                    speed.get("batch").smallInteger(),
                    speed.get("dense_ms").number(),
                    speed.get("pruned_ms").number(),
                    speed.get("rounds").smallInteger(),
                    layers));
        }
        return speeds;
    }

    /** Whether the run in a folder has finished, with its report written. */
    public static boolean isFinished(Path folder) {
        return Files.exists(folder.resolve("report.json"));
    }

    private static List<Field> metrics(Path file) {
        List<Field> records = new ArrayList<>();
        if (!Files.exists(file)) return records;
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.isBlank()) continue;
                records.add(new Field(file, "", Json.parse(line, JsonNode.class, file)));
            }
            return records;
        } catch (CharacterCodingException e) {
            throw new BadJsonException(file + " is not text in UTF-8");
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
        StringBuilder line = new StringBuilder("greg " + config.get("command").text());
        config.get("args").value().forEach(word -> line.append(' ').append(quoted(word.asText())));
        return line.toString();
    }

    private static String quoted(String word) {
        return word.matches("[\\w./:,=+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Its results: one, or two if one-shot L1 was run too. */
    public List<RunResult> results() {
        return results;
    }

    /** Its measured times, by batch size. */
    List<Speed> speeds() {
        return speeds;
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
        for (Field record : metrics) {
            layers(record)
                    .forEach((name, at) -> points.add(
                            name,
                            at.get("lambda").numberOrNaN(),
                            at.get("score_std").numberOrNaN()
                                    / at.get("score_mean").numberOrNaN()));
        }
        return points.lines();
    }

    private static Map<String, Field> layers(Field record) {
        Field layers = record.get("layers");
        return layers.isThere() ? layers.members() : Map.of();
    }

    private List<LineChart.Line> epochs(String key) {
        Points points = new Points();
        for (Field record : metrics) {
            if (!record.get("epoch").isThere()) continue;
            points.add(
                    record.get("phase").text(),
                    record.get("epoch").number() + 1,
                    record.get(key).numberOrNaN());
        }
        return points.lines();
    }

    private List<LineChart.Line> layers(String key) {
        Points points = new Points();
        for (Field record : metrics) {
            layers(record)
                    .forEach((name, at) -> points.add(
                            name, record.get("iteration").number(), at.get(key).numberOrNaN()));
        }
        return points.lines();
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
