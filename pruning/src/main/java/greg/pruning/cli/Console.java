package greg.pruning.cli;

import greg.pruning.run.Progress;
import greg.pruning.run.RunMonitor;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command writes: results to {@code out}, progress and messages to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 * @param terminal whether the output is a terminal, so that a line may be redrawn
 */
record Console(PrintWriter out, PrintWriter err, boolean terminal) implements RunMonitor {
    /** The program, as all commands see it. */
    interface Root {
        /** Whether standard streams are a terminal. */
        boolean terminal();
    }

    /** The console of a running command. */
    static Console of(CommandSpec spec) {
        Root root = (Root) spec.root().userObject();
        return new Console(spec.commandLine().getOut(), spec.commandLine().getErr(), root.terminal());
    }

    /** A line on standard error, with flags where the library names settings. */
    @Override
    public void say(String format, Object... values) {
        err.println(Flags.in(String.format(Locale.ROOT, format, values)));
        err.flush();
    }

    /** A warning of the library. */
    void warn(String text) {
        say("warning: %s", text);
    }

    @Override
    public Progress progress(String task, long total, String unit) {
        return new ConsoleProgress(terminal, line -> say("%s", line), task, total, unit);
    }

    @Override
    public boolean stopRequested() {
        return Interrupts.requested();
    }

    @Override
    public void unsaved(boolean steps) {
        Interrupts.unsaved(steps);
    }

    /** Whether standard streams are a terminal. Since JDK 22 a Console exists without one, so it has to be asked. */
    static boolean systemIsTerminal() {
        java.io.Console console = System.console();
        if (console == null) return false;
        try {
            return (Boolean) java.io.Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true; // before JDK 22 a Console is a terminal
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
