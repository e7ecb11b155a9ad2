package greg.pruning.cli;

import greg.datasets.DatasetException;
import greg.kernels.KernelException;
import greg.nn.io.CheckpointException;
import greg.pruning.graph.NearestName;
import greg.pruning.report.BadJsonException;
import greg.pruning.run.InterruptedRunException;
import greg.pruning.run.RunException;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into one line on standard error and an exit code. */
final class Failures {
    static final int RUN_FAILED = 1;
    static final int WRONG_USAGE = 2;
    static final int INTERRUPTED = 130;

    private Failures() {}

    /** For errors in the arguments. */
    static int usage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String text = e instanceof UnmatchedArgumentException u ? unmatched(u) : e.getMessage();
        command.getErr()
                .println("greg: " + oneLine(text) + "; see '"
                        + command.getCommandSpec().qualifiedName() + " --help'");
        command.getErr().flush();
        return WRONG_USAGE;
    }

    private static String unmatched(UnmatchedArgumentException e) {
        CommandLine command = e.getCommandLine();
        String typed = e.getUnmatched().get(0);
        boolean flag = typed.startsWith("-");
        String name = name(typed);
        if (ReferenceFlags.contains(command.getCommandName(), name)) {
            return ReferenceFlags.message(
                    command.getCommandName(),
                    e.getUnmatched().stream().map(Failures::name).toList());
        }
        List<String> known = new ArrayList<>();
        if (flag) command.getCommandSpec().options().forEach(o -> known.addAll(List.of(o.names())));
        else known.addAll(command.getSubcommands().keySet());
        String what = flag ? "unknown flag " : known.isEmpty() ? "unexpected argument " : "unknown command ";
        return what + "'" + name + "'" + NearestName.hint(name, known);
    }

    /** A flag without its value. */
    private static String name(String typed) {
        int equals = typed.indexOf('=');
        return typed.startsWith("-") && equals > 0 ? typed.substring(0, equals) : typed;
    }

    /** For errors while a command runs. */
    static int run(Throwable e, CommandLine command, ParseResult parsed) {
        if (!(e instanceof InterruptedRunException) || Interrupts.answers()) {
            command.getErr().println("greg: " + line(e, command.getCommandSpec().name()));
        }
        if (debug(parsed)) e.printStackTrace(command.getErr());
        command.getErr().flush();
        if (e instanceof InterruptedRunException) return INTERRUPTED;
        boolean usage = e instanceof UsageException || e instanceof IllegalArgumentException;
        return usage ? WRONG_USAGE : RUN_FAILED;
    }

    /** What is said of an error, in one line. */
    static String line(Throwable e, String command) {
        return oneLine(text(e, command));
    }

    private static String text(Throwable e, String command) {
        if (e instanceof InterruptedRunException stopped) {
            return Interrupts.saved(" " + stopped.where(), command, stopped.folder());
        }
        boolean ours = e instanceof UsageException
                || e instanceof RunException
                || e instanceof BadJsonException
                || e instanceof IllegalArgumentException
                || e instanceof DatasetException
                || e instanceof CheckpointException
                || e instanceof KernelException;
        if (ours && e.getMessage() != null) return Flags.message(e);
        if (e instanceof OutOfMemoryError)
            return "out of memory (" + e.getMessage()
                    + "): lower --batch-size or --image-size, or raise the limit with -Xmx";
        if (e instanceof IOException || e instanceof UncheckedIOException)
            return "cannot read or write: " + RunException.reason(e);
        return "internal error: " + e + "; run again with --debug for the stack trace";
    }

    private static String oneLine(String text) {
        return text == null ? "" : text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("[.;]$", "");
    }

    private static boolean debug(ParseResult parsed) {
        ParseResult deepest = parsed;
        while (deepest != null && deepest.hasSubcommand()) deepest = deepest.subcommand();
        return deepest != null && deepest.hasMatchedOption("--debug");
    }
}
