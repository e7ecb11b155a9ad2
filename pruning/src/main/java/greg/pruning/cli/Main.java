package greg.pruning.cli;

import greg.pruning.run.Version;
import greg.pruning.sweep.ChildCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The program {@code greg}. */
@Command(
        name = "greg",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Versions.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Pruning of convolutional networks by growing regularization (GReg, ICLR 2021).",
        footer = {
            "",
            "'greg prune' alone is a demonstration on bundled images. 'greg help COMMAND' explains the flags.",
            "Exit codes: 0 done, 1 the run failed, 2 wrong usage, 130 interrupted, 143 terminated."
        },
        subcommands = {
            PruneCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            InspectCommand.class,
            DevicesCommand.class,
            DataCommand.class,
            ReportCommand.class,
            ExportCommand.class,
            StudyCommand.class,
            SweepCommand.class,
            HelpCommand.class,
            CompletionCommand.class
        })
public final class Main implements Runnable, Console.Root {
    /** What {@code --version} prints. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.text()};
        }
    }

    @Spec
    private CommandSpec spec;

    private final boolean terminal;

    private Main(boolean terminal) {
        this.terminal = terminal;
    }

    /** Runs and exits with the code of {@link #run}. */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT); // greg names it everywhere; picocli and the progress bar do not
        PrintWriter err = writer(System.err);
        Interrupts.install(err, Console.systemIsTerminal());
        if (Boolean.getBoolean(ChildCommand.ENDS_WITH_INPUT)) endWithInput();
        int code = run(args, System.out, System.err);
        Interrupts.done();
        if (!Interrupts.shutsDown()) System.exit(code); // else it ends with the code of the signal
    }

    /** Ends this process, as an interrupt does, when its standard input ends: whoever started it is gone, or wants it to. */
    private static void endWithInput() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) continue;
                    } catch (IOException e) {
                        // it cannot be read any more: the same
                    }
                    System.exit(Failures.INTERRUPTED);
                },
                "greg-input");
        watch.setDaemon(true);
        watch.start();
    }

    /**
     * Runs one command in this process.
     *
     * @param args as on the command line
     * @param out receives results
     * @param err receives progress and messages
     * @return 0 done; 1 the run failed; 2 wrong usage; 130 interrupted
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        boolean terminal = out == System.out && err == System.err && Console.systemIsTerminal();
        CommandLine command = commandLine(terminal).setOut(writer(out)).setErr(writer(err));
        try {
            int code = command.execute(Argv.normalise(args));
            Parallel.leave(code, err);
            return code;
        } catch (OutOfMemoryError | StackOverflowError | LinkageError e) {
            int code = Failures.run(e, command, command.getParseResult());
            Parallel.leave(code, err);
            return code;
        } finally {
            command.getOut().flush();
            command.getErr().flush();
        }
    }

    /** The parser with all commands. */
    static CommandLine commandLine(boolean terminal) {
        CommandLine command = new CommandLine(new Main(terminal))
                .setExpandAtFiles(false)
                .registerConverter(Path.class, Main::path)
                .setExecutionStrategy(ClassPath::run)
                .setParameterExceptionHandler(Failures::usage)
                .setExecutionExceptionHandler(Failures::run)
                .setUsageHelpAutoWidth(terminal);
        GroupedHelp.install(command);
        return command;
    }

    /** An empty path would be the current folder. */
    private static Path path(String text) {
        if (text.isBlank()) throw new TypeConversionException("expected a path, got '" + text + "'");
        return Path.of(text);
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    @Override
    public boolean terminal() {
        return terminal;
    }

    /** {@code greg} without a command. */
    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected a command: " + String.join(", ", spec.subcommands().keySet()));
    }
}
