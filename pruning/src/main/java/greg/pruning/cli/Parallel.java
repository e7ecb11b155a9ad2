package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.kernels.BackendOptions;
import greg.kernels.mpi.Mpi;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code --parallel}: this process is one of those that {@code mpirun} has started, which train one network together. Rank 0 has the
 * folder of the run and the console. The others do the same work in a temporary folder, and say nothing unless they fail alone.
 */
final class Parallel {
    static final String FLAG = "--" + Setting.PARALLEL.written();

    /** What rank 0 fails of is said by it; another rank waits so long before it says it itself. */
    private static final long RANK_0_FIRST = 1500;

    /** Of this process: MPI can be initialized once. */
    private static Mpi mpi;

    private static Path temporary;
    private static volatile LastLine said;

    private Parallel() {}

    /** The last line that a rank without a console would have printed. */
    private static final class LastLine extends Writer {
        private final StringBuilder line = new StringBuilder();
        private String last = "";

        @Override
        public void write(char[] text, int offset, int length) {
            for (int i = offset; i < offset + length; i++) {
                if (text[i] != '\n') {
                    line.append(text[i]);
                } else if (line.length() > 0) {
                    last = line.toString();
                    line.setLength(0);
                }
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** If the command that was parsed asks for it, joins the other processes before it runs. */
    static void join(ParseResult command) {
        if (!command.hasMatchedOption(FLAG)) return;
        for (Setting setting : List.of(Setting.SEEDS, Setting.TARGET_SPEEDUP, Setting.TARGET_LATENCY)) {
            if (!command.hasMatchedOption("--" + setting.written())) continue;
            String why =
                    setting == Setting.SEEDS ? "is one run after the other" : "measures, and each process would alone";
            throw new UsageException("--" + setting.written() + " " + why + "; leave out " + FLAG + ", or it");
        }
        mpi = Mpi.join(command.hasMatchedOption("--" + Setting.SYNC_BN.written()));
        if (mpi.rank() == 0) {
            resumed(command.commandSpec());
            if (mpi.size() == 1) {
                command.commandSpec()
                        .commandLine()
                        .getErr()
                        .println(
                                "warning: " + FLAG + ": there is one process; start several with mpirun -n N greg ...");
            }
            return;
        }
        said = new LastLine();
        CommandLine line = command.commandSpec().commandLine();
        line.setOut(new PrintWriter(Writer.nullWriter())).setErr(new PrintWriter(said, true));
        try {
            temporary = Files.createTempDirectory("greg-rank" + mpi.rank() + "-");
        } catch (IOException e) {
            throw new RunException(FLAG + ": no temporary folder (" + RunException.reason(e) + ")", e);
        }
        if (!resumed(command.commandSpec())) {
            command.commandSpec().findOption("--out").setValue(temporary.resolve("run"));
        }
    }

    /** A run that is resumed is settled by rank 0; the others take a copy before it goes on. Returns whether one is resumed. */
    private static boolean resumed(CommandSpec command) {
        Path folder = command.findOption("--resume").getValue();
        if (folder == null) return false;
        boolean first = mpi.rank() == 0;
        if (first && Files.isDirectory(folder)) RunFolder.settle(folder);
        agree(0);
        boolean missing = !Files.isRegularFile(RunFolder.config(folder));
        if (!first && !missing) {
            Path copy = temporary.resolve("run");
            copy(folder, copy);
            command.findOption("--resume").setValue(copy);
        }
        double without = agree(missing ? 1 : 0);
        if (without > 0 && without < mpi.size()) {
            throw new UsageException("--resume " + folder + ": " + (int) without + " of " + mpi.size()
                    + " processes do not see a run there; name a folder that all machines share");
        }
        return true;
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) Files.createDirectories(target);
                else if (!file.getFileName().toString().startsWith(".greg")) Files.copy(file, target);
            }
        } catch (IOException e) {
            throw new RunException("--resume " + from + ": cannot be copied (" + RunException.reason(e) + ")", e);
        }
    }

    /** Whether this process has the console. */
    static boolean speaks() {
        return said == null;
    }

    /** The options of a backend: as one of the processes, with its part of this machine. */
    static BackendOptions part(BackendOptions options) {
        if (mpi == null) return options;
        int onMachine = Mpi.onThisMachine();
        int threads = options.threads() > 0 ? options.threads() : Math.max(1, options.resolvedThreads() / onMachine);
        return new BackendOptions(threads, Mpi.localRank())
                .precision(options.precision())
                .deterministic(options.deterministic())
                .graphs(options.graphs())
                .processes(mpi);
    }

    /** Compares what this process is about to do with what rank 0 is: a UsageException on every process if one differs. */
    static void check(RunConfig config) {
        if (mpi == null || mpi.size() == 1) return;
        JsonNode own = Json.tree(config);
        byte[] first = Json.line(own).getBytes(StandardCharsets.UTF_8);
        ByteBuffer length = direct(Integer.BYTES).putInt(0, first.length);
        mpi.broadcast(length, 0);
        ByteBuffer text = direct(length.getInt(0));
        if (mpi.rank() == 0) text.put(first).flip();
        mpi.broadcast(text, 0);
        byte[] bytes = new byte[text.capacity()];
        text.get(0, bytes);
        String difference;
        try {
            difference = difference("", Json.read(new ByteArrayInputStream(bytes)), own);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // of an array there is none
        }
        double differ = agree(difference == null ? 0 : 1);
        if (differ == 0) return;
        if (difference != null) {
            throw new UsageException(FLAG + ": " + difference
                    + "; all processes need the same greg, flags, images and kind of processor");
        }
        try {
            Thread.sleep(4 * RANK_0_FIRST); // for the one that differs to say so and end all
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UsageException(FLAG + ": " + (int) differ + " of the other processes have other flags or images");
    }

    /** The first setting in which two configurations differ, or null: not where files are, and how fast the machine is. */
    private static String difference(String path, JsonNode first, JsonNode own) {
        if (first.equals(own)) return null;
        if (!first.isObject() || !own.isObject()) return path + " is " + own + ", rank 0 has " + first;
        Set<String> names = new TreeSet<>();
        for (JsonNode node : List.of(first, own)) {
            for (Iterator<String> fields = node.fieldNames(); fields.hasNext(); ) names.add(fields.next());
        }
        for (String name : names) {
            if (!counts(path, name)) continue;
            String found = difference(path.isEmpty() ? name : path + "." + name, first.path(name), own.path(name));
            if (found != null) return found;
        }
        return null;
    }

    private static boolean counts(String path, String name) {
        if (path.isEmpty()) return !Set.of("args", "java", "os").contains(name);
        if (path.equals("device")) return Set.of("kind", "instructionSet").contains(name);
        Setting setting = path.equals("options") ? Setting.ofWritten(name) : null;
        return setting == null || setting.role() != Setting.Role.MACHINE && setting.role() != Setting.Role.FOLDER;
    }

    private static double agree(double value) {
        DoubleBuffer buffer = direct(Double.BYTES).asDoubleBuffer().put(0, value);
        mpi.sum(buffer);
        return buffer.get(0);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /**
     * The command has ended with this code. After a success, and after an interrupt, which all have taken at the same step, all
     * processes leave together; one that has failed ends the others.
     */
    static void leave(int code, PrintStream err) {
        if (mpi == null) return;
        if (temporary != null) delete(temporary);
        if (code == 0 || code == Failures.INTERRUPTED) {
            mpi.close();
            return;
        }
        if (mpi.rank() > 0) {
            try {
                Thread.sleep(RANK_0_FIRST);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            err.println(said.last.replaceFirst("^greg: ", "greg: rank " + mpi.rank() + ": "));
            err.flush();
        }
        mpi.abort(code);
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) Files.deleteIfExists(path);
        } catch (IOException e) {
            // it is a temporary one
        }
    }
}
