package greg.pruning.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** What a run has left in its folder: of a pruning or a training, finished or still under way. */
public final class RunRecord {
    private static final String CONFIG = "config.json";
    private static final String REPORT = "report.json";
    private static final String PLAN = "plan.json";

    private final Path folder;
    private final Field config;
    private final Field plan;
    private final Field report;
    private final List<RunResult> results;
    private final List<Speed> speeds;
    private final List<Field> metrics;

    private RunRecord(Path folder, boolean underWay) {
        this.folder = folder;
        if (!Files.exists(folder.resolve(CONFIG))) {
            throw new IllegalArgumentException(
                    folder + ": expected the folder of a run, with config.json; there is none");
        }
        config = Field.of(folder.resolve(CONFIG));
        plan = ifThere(PLAN);
        report = ifThere(REPORT);
        if (report == null && !underWay && isPruning()) {
            throw new IllegalArgumentException(
                    folder + ": expected a finished pruning run, with report.json; this one has none: resume it");
        }
        results = report == null ? List.of() : RunResult.of(config, report);
        speeds = report == null ? List.of() : speeds(report);
        metrics = metrics(folder.resolve("metrics.jsonl"), underWay || !isPruning());
    }

    private Field ifThere(String name) {
        return Files.exists(folder.resolve(name)) ? Field.of(folder.resolve(name)) : null;
    }

    /**
     * Reads the folder of a training, which may be under way, or of a finished pruning.
     *
     * @throws IllegalArgumentException if it is not a run folder, or the pruning has not finished
     * @throws BadJsonException if one of its files is not what greg writes
     */
    public static RunRecord read(Path folder) {
        return new RunRecord(folder, false);
    }

    /** As above, of a run that may be under way, whose last record may not be complete. */
    public static RunRecord readUnderWay(Path folder) {
        return new RunRecord(folder, true);
    }

    /** Whether the run in a folder prunes and has not finished: its report is not written. */
    public static boolean isUnfinishedPruning(Path folder) {
        Path file = folder.resolve(CONFIG);
        return Files.exists(file) && !Files.exists(folder.resolve(REPORT)) && isPruning(Field.of(file));
    }

    private static boolean isPruning(Field config) {
        return !config.get("command").text().equals("train");
    }

    /** Whether it prunes; else it trains. */
    public boolean isPruning() {
        return isPruning(config);
    }

    /** Runs of earlier versions, and those on devices that run networks op by op, have no layers. */
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

    /** {@code underWay}: the last line may be half written; it is left out then. */
    private static List<Field> metrics(Path file, boolean underWay) {
        List<Field> records = new ArrayList<>();
        if (!Files.exists(file)) return records;
        try {
            String text = Files.readString(file);
            int complete = underWay ? text.lastIndexOf('\n') + 1 : text.length();
            for (String line : text.substring(0, complete).lines().toList()) {
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

    /** The name of its folder. */
    String name() {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return Objects.requireNonNullElse(last, folder).toString();
    }

    /** Content of config.json. */
    Field config() {
        return config;
    }

    /** Content of plan.json, or null before the removal. */
    Field plan() {
        return plan;
    }

    /** Content of report.json, or null. */
    Field report() {
        return report;
    }

    /** Records of metrics.jsonl. */
    List<Field> metrics() {
        return metrics;
    }

    /** How many epochs a training is to have, or null where its settings do not tell: a limit on iterations may end it before. */
    Integer plannedEpochs() {
        Field options = config.get("options");
        Field limit = options.get("max-iterations");
        boolean limited = limit.isThere() && limit.integer() > 0;
        Field epochs = options.get("epochs");
        return limited || !epochs.isThere() ? null : (Integer) epochs.smallInteger();
    }

    /** The last record of a run that is under way, for people: {@code finetune, epoch 12, 91.20 %}; empty if there is none. */
    public String progress() {
        if (metrics.isEmpty()) return "";
        Field last = metrics.get(metrics.size() - 1);
        String phase = last.get("phase").text();
        Field epoch = last.get("epoch");
        if (!epoch.isThere())
            return phase + ", iteration " + last.get("iteration").integer();
        return String.format(
                Locale.ROOT,
                "%s, epoch %d, %.2f %%",
                phase,
                epoch.smallInteger() + 1,
                last.get("test_accuracy").numberOrNaN());
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

    /** Its results: one, or two if one-shot L1 was run too; none of a training, or while it is under way. */
    public List<RunResult> results() {
        return results;
    }

    /** Its measured times, by batch size. */
    List<Speed> speeds() {
        return speeds;
    }
}
