package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.run.Phase;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code --resume}: the flags of the run in a folder are parsed again and its command is run once more, with the run's last
 * checkpoint at hand. What the flags come to must be what it was then.
 */
final class Resume {
    private final Path folder;
    private final JsonNode config;
    private final RunState.Saved saved;

    /** A command that can go on. */
    interface Command extends Callable<Integer> {
        /** Its flags of the run folder. */
        RunOptions run();
    }

    private Resume(Path folder, JsonNode config, RunState.Saved saved) {
        this.folder = folder;
        this.config = config;
        this.saved = saved;
    }

    /** Goes on with the run that {@code options} name; returns the exit code. */
    static int goOn(CommandSpec given, RunOptions options) throws Exception {
        Path folder = options.resume;
        Path file = folder.resolve("config.json");
        if (!Files.isRegularFile(file)) {
            throw new UsageException("--resume " + folder + ": there is no " + file
                    + ", so nothing is known of a run; start it anew with --out");
        }
        Resume resume = new Resume(folder, Json.read(file), RunState.read(folder));
        Console console = Console.of(given);
        CommandSpec again = resume.parse(given);
        RunState state = resume.saved == null ? null : resume.saved.state();
        if (state != null && state.phase() == Phase.DONE) {
            console.say("%s: this run came to its end, nothing is left to do", folder);
            return 0;
        }
        console.say("%s goes on %s", folder, where(state));
        Command command = (Command) again.userObject();
        command.run().resumed = resume;
        return command.call();
    }

    private static String where(RunState state) {
        if (state == null) return "at its start: it was ended before its first checkpoint";
        String in = "in its " + state.phase();
        return state.loop() == null
                ? in + ", at the start"
                : in + " after iteration " + (state.loop().iteration() - 1);
    }

    /** The command with the run's own flags, and of the new ones those that are free. */
    private CommandSpec parse(CommandSpec given) {
        String command = config.path("command").asText();
        if (!command.equals(given.name())) {
            throw new UsageException("--resume " + folder + " holds a run of 'greg " + command + "', not of 'greg "
                    + given.name() + "'");
        }
        List<String> args = new ArrayList<>(List.of(command));
        config.path("args").forEach(arg -> args.add(arg.asText()));
        CommandLine root = Main.commandLine(((Main) given.root().userObject()).terminal());
        root.setOut(given.commandLine().getOut()).setErr(given.commandLine().getErr());
        root.parseArgs(args.toArray(new String[0]));
        CommandSpec again = root.getSubcommands().get(command).getCommandSpec();
        for (OptionSpec option : given.commandLine().getParseResult().matchedOptions()) {
            String name = Invocations.name(option);
            if (name.equals("resume")) continue;
            if (role(name) == Setting.Role.MACHINE)
                again.findOption("--" + name).setValue(option.getValue());
            else refuseOther(name, option);
        }
        return again;
    }

    /** What an option decides; null if this greg does not know it. */
    private static Setting.Role role(String option) {
        Setting setting = Setting.ofWritten(option);
        return setting == null ? null : setting.role();
    }

    private void refuseOther(String name, OptionSpec option) {
        if (role(name) == Setting.Role.FOLDER) {
            throw new UsageException("--" + name + ": --resume goes on in " + folder + "; leave it out");
        }
        Object value = option.getValue();
        JsonNode now = Json.tree(value instanceof Path path ? path.toString() : value);
        JsonNode then = config.path("options").path(name);
        if (!now.equals(then)) {
            throw new UsageException("--" + name + " " + now.asText() + ": the run in " + folder + " has "
                    + (then.isMissingNode() || then.isNull() ? "none" : then.asText())
                    + "; leave it out, or start a new run with --out");
        }
    }

    /** The run's last checkpoint, or null if it was ended before its first. */
    RunState.Saved saved() {
        return saved;
    }

    /** A file of the run. */
    Path file(String name) {
        return folder.resolve(name);
    }

    /** The run's folder, with its metrics as they were at the checkpoint. */
    RunFolder folder() {
        return RunFolder.reopen(folder, saved == null ? 0 : saved.state().metricsBytes());
    }

    /**
     * Compares what the run is about to do with what it was doing.
     *
     * @throws RunException if images, network or settings are others
     */
    void verify(RunConfig described, Console console) {
        JsonNode now = Json.tree(described);
        for (String half : List.of("train", "test")) {
            JsonNode then = config.path("dataset").path(half).path("checksum");
            JsonNode here = now.path("dataset").path(half).path("checksum");
            if (!then.equals(here)) {
                throw new RunException("--resume " + folder + ": the " + half + " images are others than the run's ("
                        + here.asText() + ", expected " + then.asText() + "); name the folder of the same files with"
                        + " --data");
            }
        }
        for (String part : List.of("arch", "seed", "dataset", "options", "pruning")) {
            String field = difference(part, config.path(part), now.path(part));
            if (field == null) continue;
            throw new RunException("--resume " + folder + ": " + field + "; the run was begun by greg "
                    + config.path("version").asText() + " ("
                    + config.path("commit").asText() + "), go on with that one"
                    + " or start a new run");
        }
        for (String part : List.of("kind", "name", "threads")) {
            warn(
                    console,
                    "device " + part,
                    config.path("device").path(part),
                    now.path("device").path(part));
        }
        for (String part : List.of("version", "commit", "java")) {
            warn(console, part, config.path(part), now.path(part));
        }
    }

    private void warn(Console console, String what, JsonNode then, JsonNode now) {
        if (then.equals(now)) return;
        console.say(
                "warning: %s was %s, now it is %s; the numbers may differ in the last bits from an unbroken run's%s",
                what,
                then.asText(),
                now.asText(),
                what.equals("device threads") ? " (--threads " + then.asText() + ")" : "");
    }

    /** The first setting that differs, in words, or null. */
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
}
