package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.Setting;
import greg.pruning.run.ResumedRun;
import greg.pruning.run.RunException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Parses arguments for a command that is run again in this process: those of a run in the past, or of one of several. */
final class Rerun {
    /** A command whose runs can be resumed and repeated. */
    interface Command extends Callable<Integer> {
        /** Its flags for the run folder. */
        RunOptions run();
    }

    private Rerun() {}

    /** The command of that name, parsed anew with its own instances; {@link CommandLine.ParameterException} if it cannot be. */
    static CommandSpec parse(CommandSpec given, String command, List<String> args) {
        CommandLine root = new CommandLine(given.root().userObject()).setExpandAtFiles(false);
        root.setOut(given.commandLine().getOut()).setErr(given.commandLine().getErr());
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(args);
        root.parseArgs(all.toArray(new String[0]));
        return root.getSubcommands().get(command).getCommandSpec();
    }

    /** As above, for the arguments that a config.json has; RunException if they are not those of a run. */
    static CommandSpec parse(CommandSpec given, String command, Path file, JsonNode config) {
        List<String> args = new ArrayList<>();
        config.path("args").forEach(arg -> args.add(arg.asText()));
        try {
            CommandSpec again = parse(given, command, args);
            RunOptions run = command(again).run();
            if (run.resume == null && run.config == null) return again;
        } catch (CommandLine.ParameterException e) {
            throw new RunException(file + ": the arguments in it are not those of a run: " + e.getMessage()
                    + "; put back the file as greg wrote it, or start a new run");
        }
        throw new RunException(file + ": --resume or --config among the arguments of a run;"
                + " put back the file as greg wrote it, or start a new run");
    }

    /** The command that was parsed. */
    static Command command(CommandSpec spec) {
        return (Command) spec.userObject();
    }

    /** Goes on with a run, whose command has been parsed again; returns the exit code. */
    static int resume(CommandSpec again, ResumedRun run) throws Exception {
        Command command = command(again);
        command.run().resumed = run;
        command.run().recorded = run.config();
        return command.call();
    }

    /** The options that were given, one word each, by name. */
    static Map<String, String> given(CommandSpec spec) {
        Map<String, String> words = new LinkedHashMap<>();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            String name = Invocations.name(option);
            boolean takesValue = option.arity().max() > 0;
            String off = Boolean.FALSE.equals(option.getValue()) ? "=false" : "";
            words.put(name, "--" + name + (takesValue ? "=" + String.join(",", option.stringValues()) : off));
        }
        return words;
    }

    /** What an option decides; null if this greg does not know it. */
    static Setting.Role role(String option) {
        Setting setting = Setting.ofWritten(option);
        return setting == null ? null : setting.role();
    }
}
