package greg.pruning.cli;

import greg.kernels.KernelException;
import greg.pruning.run.RunException;
import greg.pruning.run.UsageException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code --class-path}: while a command runs, the classes in it are found by the context class loader of its thread. Only the
 * arguments with which greg was started open one; those in a run folder, which anybody may have written, do not.
 */
final class ClassPath implements AutoCloseable {
    static final String FLAG = "--class-path";

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();
    private final URLClassLoader loader;

    /** Opens a class path; UsageException if an entry of it is not a jar or a folder. */
    private ClassPath(String text) {
        List<URL> entries = new ArrayList<>();
        for (String entry : text.split(File.pathSeparator, -1)) entries.add(url(entry));
        loader = new URLClassLoader(entries.toArray(new URL[0]), before);
        Thread.currentThread().setContextClassLoader(loader);
    }

    /** Runs the command that was parsed, or shows its help. */
    static int run(ParseResult parsed) {
        ParseResult command = parsed;
        while (command.hasSubcommand()) command = command.subcommand();
        OptionSpec option = command.matchedOption(FLAG);
        Interrupts.commandBegins((option == null ? "" : " " + FLAG + " " + option.getValue())
                + (command.hasMatchedOption(Parallel.FLAG) ? " " + Parallel.FLAG : ""));
        try (ClassPath opened = option == null ? null : new ClassPath(option.getValue())) {
            Parallel.join(command);
            return new CommandLine.RunLast().execute(parsed);
        } catch (KernelException
                | RunException
                | UsageException
                | IllegalArgumentException e) { // of this class, or of a provider while help is shown
            throw new ExecutionException(command.commandSpec().commandLine(), e.getMessage(), e);
        }
    }

    /** A URLClassLoader would leave out what it cannot read without a word. */
    private static URL url(String entry) {
        try {
            if (entry.isBlank()) throw new UsageException(FLAG + ": expected a jar or a folder, got '" + entry + "'");
            Path path = Path.of(entry);
            if (!Files.exists(path)) {
                throw new UsageException(FLAG + " " + entry + ": there is no such file; name a jar or a folder");
            }
            if (!Files.isDirectory(path)) new JarFile(path.toFile()).close();
            return path.toUri().toURL();
        } catch (InvalidPathException | MalformedURLException e) {
            throw new UsageException(FLAG + " " + entry + ": is no path (" + e.getMessage() + ")");
        } catch (IOException e) {
            throw new UsageException(FLAG + " " + entry + ": is no jar (" + RunException.reason(e) + ")");
        }
    }

    @Override
    public void close() {
        Thread.currentThread().setContextClassLoader(before);
        try {
            loader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
