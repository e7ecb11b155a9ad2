package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A run that is resumed: its folder, its configuration and its last checkpoint. */
public final class ResumedRun {
    private final Path folder;
    private final JsonNode config;
    private final RunState.Saved saved;

    private ResumedRun(Path folder, JsonNode config, RunState.Saved saved) {
        this.folder = folder;
        this.config = config;
        this.saved = saved;
    }

    /** The run in a folder that has a {@code config.json}. */
    public static ResumedRun read(Path folder) {
        return new ResumedRun(folder, Json.read(folder.resolve(RunFiles.CONFIG)), RunState.read(folder));
    }

    /** Content of its {@code config.json}. */
    public JsonNode config() {
        return config;
    }

    /** The run's last checkpoint, or null if it ended before its first. */
    public RunState.Saved saved() {
        return saved;
    }

    /** A file of the run. */
    public Path file(String name) {
        return folder.resolve(name);
    }

    /** The run's folder, with its metrics as they were at the checkpoint. */
    public RunFolder folder() {
        return RunFolder.reopen(folder, saved == null ? 0 : saved.state().metricsBytes());
    }

    /**
     * Compares what the run is about to do with what it was doing.
     *
     * @throws RunException if images, network or settings differ
     */
    public void verify(RunConfig described, RunMonitor monitor) {
        JsonNode now = Json.tree(described);
        for (String half : List.of("train", "test")) {
            JsonNode then = config.path("dataset").path(half).path("checksum");
            JsonNode here = now.path("dataset").path(half).path("checksum");
            if (!then.equals(here)) {
                throw new RunException("resume = " + folder + ": the " + half + " images are not the run's ("
                        + here.asText() + ", expected " + then.asText() + "); name the folder of the same files with"
                        + " the setting data");
            }
        }
        for (String part : List.of("arch", "seed", "dataset", "options", "pruning")) {
            String field = difference(part, config.path(part), now.path(part));
            if (field == null) continue;
            throw new RunException("resume = " + folder + ": " + field + "; the run was begun by greg "
                    + config.path("version").asText() + " ("
                    + config.path("commit").asText() + "), use that one,"
                    + " or start a new run");
        }
        for (String part : List.of("kind", "name", "threads")) {
            warn(
                    monitor,
                    "device " + part,
                    config.path("device").path(part),
                    now.path("device").path(part));
        }
        for (String part : List.of("precision", "version", "commit", "java")) {
            warn(monitor, part, config.path(part), now.path(part));
        }
    }

    private void warn(RunMonitor monitor, String what, JsonNode then, JsonNode now) {
        if (then.equals(now)) return;
        monitor.say(
                "warning: %s was %s, now it is %s; the numbers may differ in the last bits from those of an uninterrupted run%s",
                what,
                then.asText(),
                now.asText(),
                what.equals("device threads") ? "; threads = " + then.asText() + " keeps them the same" : "");
    }

    /** The first setting that differs, as a phrase, or null. */
    private static String difference(String path, JsonNode then, JsonNode now) {
        if (then.equals(now)) return null;
        if (!then.isObject() || !now.isObject()) return path + " would be " + now + ", it was " + then;
        Set<String> names = new TreeSet<>();
        for (JsonNode node : List.of(then, now)) {
            for (Iterator<String> fields = node.fieldNames(); fields.hasNext(); ) names.add(fields.next());
        }
        for (String name : names) {
            Setting.Role role = path.equals("options") ? role(name) : null;
            if (role == Setting.Role.MACHINE || role == Setting.Role.FOLDER) continue;
            String found = difference(path + "." + name, then.path(name), now.path(name));
            if (found != null) return found;
        }
        return null;
    }

    private static Setting.Role role(String option) {
        Setting setting = Setting.ofWritten(option);
        return setting == null ? null : setting.role();
    }
}
