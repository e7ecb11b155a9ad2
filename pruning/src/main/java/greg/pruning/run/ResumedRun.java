package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.io.AtomicFile;
import greg.nn.io.CheckpointException;
import greg.nn.io.Safetensors;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.select.ScoreKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A run that is resumed: its folder, its configuration and its last checkpoint. */
public final class ResumedRun {
    private final Path folder;
    private final JsonNode config;
    private final LastState last;

    private ResumedRun(Path folder, JsonNode config, LastState last) {
        this.folder = folder;
        this.config = config;
        this.last = last;
    }

    /**
     * The run in a folder that has a {@code config.json}. All that it will read again is verified now, and not after hours.
     *
     * @param monitor told if the latest checkpoint is lost and the previous one is used
     * @throws RunException if a file is missing, damaged or was changed
     * @throws CheckpointException if a network in the folder is missing or damaged
     */
    public static ResumedRun read(Path folder, RunMonitor monitor) {
        LastState last = LastState.of(folder);
        if (last.saved() == null) refuseLater(folder);
        else verify(folder, last.saved().state());
        last.say(monitor);
        ResumedRun run = new ResumedRun(folder, Json.read(folder.resolve(RunFiles.CONFIG)), last);
        if (run.finished()) RunFolder.tidy(folder); // no process will open it again
        return run;
    }

    /** A checkpoint is written before anything else but the configuration: a run that left more has had one. */
    private static void refuseLater(Path folder) {
        for (String name : RunFiles.written(folder)) {
            if (name.equals(RunFiles.CONFIG)) continue;
            throw new RunException(folder.resolve(RunState.FILE) + " is missing, though there is a " + name
                    + " that was written after it; put it back, or start a new run");
        }
    }

    private static void verify(Path folder, RunState state) {
        state.verify(folder);
        List<String> networks = new ArrayList<>(RunFiles.written(folder));
        networks.removeIf(name -> !name.endsWith(".safetensors") || name.startsWith(RunState.STATES));
        if (state.needsBase()) networks.add(PruneRun.BASE);
        if (state.needsPruned()) networks.add(PruneRun.PRUNED);
        for (String name : new LinkedHashSet<>(networks)) Safetensors.read(folder.resolve(name));
    }

    /**
     * Compares the files of a finished run with its last checkpoint, if it has one.
     *
     * @param monitor as in {@link #read}
     * @throws RunException if a file is missing, damaged or was changed
     */
    public static void verifyFiles(Path folder, RunMonitor monitor) {
        LastState last = LastState.of(folder);
        last.say(monitor);
        if (last.saved() == null) monitor.say("warning: %s has no checkpoint, its files are not verified", folder);
        else last.saved().state().verify(folder);
    }

    /** Content of its {@code config.json}. */
    public JsonNode config() {
        return config;
    }

    /** The checkpoint to resume from, or null if the run ended before its first. */
    public RunState.Saved saved() {
        return last.saved();
    }

    /** Whether nothing is left to do. */
    public boolean finished() {
        return saved() != null && saved().state().phase() == Phase.DONE;
    }

    /** A file of the run. */
    public Path file(String name) {
        return folder.resolve(name);
    }

    /** The run's folder, with its metrics as they were at the checkpoint, which is the latest from now on. */
    public RunFolder folder() {
        RunFolder open = RunFolder.reopen(
                folder, last.saved() == null ? null : last.saved().state());
        if (last.lost() == null) return open;
        try {
            // or the next checkpoint would take the lost one for the previous
            AtomicFile.link(open.file(RunState.PREVIOUS), open.file(RunState.FILE));
            return open;
        } catch (IOException e) {
            open.close();
            throw new RunException("resume = " + folder + " cannot be written (" + RunException.reason(e) + ")", e);
        }
    }

    /**
     * Compares what the run is about to do with what it was doing.
     *
     * @throws RunException if images, network, its code or settings differ
     */
    public void verify(RunConfig described, RunMonitor monitor) {
        JsonNode now = Json.tree(described);
        String images = described.dataset().difference(config);
        if (images != null) {
            throw new RunException(
                    "resume = " + folder + ": " + images + "; name the folder of the same files with the setting data");
        }
        JsonNode codeThen = config.path("code").path("sha256");
        JsonNode codeHere = now.path("code").path("sha256");
        if (!codeThen.equals(codeHere)) {
            throw new RunException("resume = " + folder + ": "
                    + now.path("code").path("file").asText("greg") + " is not the code of the run's network (SHA-256 "
                    + codeHere.asText("none") + ", expected " + codeThen.asText("none")
                    + "); name the file that the run was begun"
                    + " with in the setting classPath, or start a new run");
        }
        for (String part : List.of("arch", "seed", "dataset", "options", "pruning")) {
            String field = difference(part, config.path(part), now.path(part));
            if (field == null) continue;
            throw new RunException("resume = " + folder + ": " + field + "; the run was begun by greg "
                    + config.path("version").asText() + " ("
                    + config.path("commit").asText() + "), use that one,"
                    + " or start a new run");
        }
        for (String part : List.of("kind", "name", "instructionSet", "threads")) {
            JsonNode then = config.path("device").path(part);
            // a run of an older greg does not tell the instruction set
            if (then.isMissingNode()) continue;
            String words = part.equals("instructionSet") ? "instruction set" : part;
            warn(monitor, "device " + words, then, now.path("device").path(part));
        }
        JsonNode decoder = config.path("jpegDecoder");
        // a run of an older greg does not tell it, one on other data has none
        if (decoder.isTextual()) warn(monitor, "decoder of JPEG files", decoder, now.path("jpegDecoder"));
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
        if (!then.isObject() || !now.isObject()) return path + " would be " + said(now) + ", it was " + said(then);
        Set<String> names = new TreeSet<>();
        for (JsonNode node : List.of(then, now)) {
            for (Iterator<String> fields = node.fieldNames(); fields.hasNext(); ) names.add(fields.next());
        }
        for (String name : names) {
            Setting.Role role = path.equals("options") ? role(name) : null;
            if (role == Setting.Role.MACHINE || role == Setting.Role.FOLDER) continue;
            if (!then.has(name) && cameLater(path, name, now.path(name))) continue;
            String found = difference(path + "." + name, then.path(name), now.path(name));
            if (found != null) return found;
        }
        return null;
    }

    private static String said(JsonNode value) {
        return value.isMissingNode() ? "missing" : value.toString();
    }

    /**
     * Whether a setting that is not in the run's configuration is one that the greg of that time did not have, with the value
     * that leaves everything as it was then. Any other that is missing was lost.
     */
    private static boolean cameLater(String path, String name, JsonNode now) {
        boolean option = path.equals("options");
        if (name.equals(Setting.SCORE.written()) && (option || path.equals("pruning")))
            return now.isNull() || now.asText().equals(Written.name(ScoreKind.L1));
        if (option && name.equals(Setting.SYNC_BN.written())) return !now.booleanValue();
        boolean unset = now.isNull() || now.isBoolean() && !now.booleanValue() || now.isNumber() && now.intValue() == 0;
        return option && role(name) == Setting.Role.REPORT && unset;
    }

    private static Setting.Role role(String option) {
        Setting setting = Setting.ofWritten(option);
        return setting == null ? null : setting.role();
    }
}
