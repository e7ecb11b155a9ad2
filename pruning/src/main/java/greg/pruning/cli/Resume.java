package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.model.Networks;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code --resume}: the flags of the run in a folder are parsed again and its command is run again, from the run's last
 * checkpoint. The settings that result must be those of the run.
 */
final class Resume {
    private final Path folder;
    private final JsonNode config;

    private Resume(Path folder, JsonNode config) {
        this.folder = folder;
        this.config = config;
    }

    /** Resumes the run that {@code options} name; returns the exit code. */
    static int run(CommandSpec given, RunOptions options) throws Exception {
        Path folder = options.resume;
        RunFolder.settle(folder);
        Path file = RunFolder.config(folder);
        if (!Files.isRegularFile(file)) {
            throw new UsageException("--resume " + folder + ": there is no " + file
                    + ", so there is no run to resume; start a new one with --out");
        }
        Console console = Console.of(given);
        ResumedRun run = ResumedRun.read(folder, console);
        CommandSpec again = new Resume(folder, run.config()).parse(given);
        if (run.finished()) {
            console.say("%s: this run is finished, there is nothing left to do", folder);
            return 0;
        }
        checkCode(folder, run.config(), given);
        console.say("resuming %s %s", folder, where(run.saved()));
        return Rerun.resume(again, run);
    }

    /** The class path in the folder is only shown: whoever wrote the folder would choose what code runs. */
    private static void checkCode(Path folder, JsonNode config, CommandSpec given) {
        String arch = config.path("arch").asText();
        if (Networks.isKnown(arch)) return;
        JsonNode recorded = config.path("options").path("class-path");
        boolean again =
                recorded.isTextual() && !given.commandLine().getParseResult().hasMatchedOption(ClassPath.FLAG);
        throw new UsageException("--resume " + folder + ": its network " + arch + " is none of greg's; "
                + (again
                        ? "give " + ClassPath.FLAG + " " + recorded.asText()
                                + " again, greg loads no code that a file names"
                        : "name the jar with its class in " + ClassPath.FLAG));
    }

    /** From where a run is resumed. */
    static String where(RunState.Saved saved) {
        if (saved == null) return "from its start: it ended before its first checkpoint";
        RunState state = saved.state();
        String phase = "in its " + state.phase();
        return state.loop() == null
                ? phase + ", at the start"
                : phase + " after iteration " + (state.loop().iteration() - 1);
    }

    /** The command with the run's own flags, and those of the new ones that may change. */
    private CommandSpec parse(CommandSpec given) {
        String command = config.path("command").asText();
        if (!command.equals(given.name())) {
            throw new UsageException("--resume " + folder + " holds a run of 'greg " + command + "', not of 'greg "
                    + given.name() + "'");
        }
        CommandSpec again = Rerun.parse(given, command, RunFolder.config(folder), config);
        for (OptionSpec option : given.commandLine().getParseResult().matchedOptions()) {
            String name = Invocations.name(option);
            if (name.equals("resume")) continue;
            if (Rerun.role(name) == Setting.Role.MACHINE)
                again.findOption("--" + name).setValue(option.getValue());
            else refuseOther(name, option);
        }
        return again;
    }

    private void refuseOther(String name, OptionSpec option) {
        if (Rerun.role(name) == Setting.Role.FOLDER) {
            throw new UsageException("--" + name + ": --resume continues in " + folder + "; leave it out");
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
}
