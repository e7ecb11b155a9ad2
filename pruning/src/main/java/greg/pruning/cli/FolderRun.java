package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.Setting;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;

/**
 * One of several runs that a command makes, in a folder of its own. Started again, it is resumed if it broke off, and left
 * alone if it is finished.
 */
final class FolderRun {
    private final CommandSpec given;
    private final String command;
    private final CommandSpec parsed;
    private final Path folder;
    private final Console console;

    /**
     * Parses the flags of the run; {@link picocli.CommandLine.ParameterException} if they cannot be.
     *
     * @param given the command that makes it
     * @param command its own, train or prune
     * @param words its flags by name, without its folder
     */
    FolderRun(CommandSpec given, String command, Map<String, String> words, Path folder) {
        this.given = given;
        this.command = command;
        this.folder = folder;
        console = Console.of(given);
        Map<String, String> all = new LinkedHashMap<>(words);
        all.put(Setting.OUT.written(), "--out=" + folder);
        parsed = Rerun.parse(given, command, new ArrayList<>(all.values()));
    }

    /** Its command, to be called once. */
    CommandSpec parsed() {
        return parsed;
    }

    /** Whether there is a run in the folder. */
    boolean begun() {
        return Files.exists(RunFolder.config(folder));
    }

    /**
     * In what the run in the folder differs from this one, apart from what may change on resuming: what it has, and what this
     * one has; null if it is the same.
     *
     * @param config of the run in the folder
     */
    String differences(JsonNode config) {
        String theirs = config.path("command").asText();
        if (!theirs.equals(command)) return "is of 'greg " + theirs + "', this one of 'greg " + command + "'";
        Map<String, String> then = deciding(Rerun.parse(given, command, RunFolder.config(folder), config));
        Map<String, String> here = deciding(parsed);
        if (then.equals(here)) return null;
        return "has " + only(then, here) + ", this command " + only(here, then);
    }

    /** Resumes a run that has been begun; does nothing if it is finished. */
    void resume(ResumedRun run) throws Exception {
        if (run.finished()) {
            console.say("%s: finished already", folder);
            return;
        }
        console.say("resuming %s %s", folder, Resume.where(run.saved()));
        Rerun.resume(parsed, run);
    }

    /** Begins the run. */
    void begin(JsonNode recorded) throws Exception {
        Rerun.Command run = Rerun.command(parsed);
        run.run().recorded = recorded;
        run.call();
    }

    /** The flags that the others do not have, or not with that value. */
    private static String only(Map<String, String> flags, Map<String, String> others) {
        List<String> own = new ArrayList<>(flags.values());
        own.removeAll(others.values());
        return own.isEmpty() ? "none of these flags" : String.join(" ", own);
    }

    private static Map<String, String> deciding(CommandSpec spec) {
        Map<String, String> words = new TreeMap<>(Rerun.given(spec));
        words.keySet()
                .removeIf(name -> Rerun.role(name) == Setting.Role.MACHINE || Rerun.role(name) == Setting.Role.FOLDER);
        return words;
    }
}
