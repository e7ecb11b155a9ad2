package greg.campaign;

import greg.datasets.DatasetException;
import greg.nn.io.CheckpointException;
import greg.pruning.report.BadJsonException;
import greg.pruning.run.RunException;
import greg.pruning.run.UsageException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The process that reads inputs. What ends it, or keeps it from going on, is noticed by {@link Fuzzer}. */
final class Worker {
    private final Path findings;
    private final Set<String> seen = new HashSet<>();

    private Worker(Path findings) {
        this.findings = findings;
    }

    /** Arguments: target, seed, first input, last input + 1, end in milliseconds since 1970, slot, scratch folder, findings. */
    public static void main(String[] args) throws Exception {
        Target target = Targets.named(args[0]);
        Inputs inputs = new Inputs(target, Long.parseLong(args[1]));
        Slot slot = Slot.of(Path.of(args[5]));
        Target.Reader reader = target.open(Path.of(args[6]));
        Worker worker = new Worker(Path.of(args[7]));
        long to = Long.parseLong(args[3]);
        long end = Long.parseLong(args[4]);
        long i = Long.parseLong(args[2]);
        while (i < to && System.currentTimeMillis() < end) {
            slot.current(i);
            worker.read(reader, i, inputs.get(i), slot);
            slot.current(++i);
        }
        System.exit(0); // also where a backend's threads are left
    }

    private void read(Target.Reader reader, long i, byte[] input, Slot slot) throws IOException {
        try {
            reader.read(input);
            slot.accept();
        } catch (Throwable e) {
            if (refusal(e)) {
                slot.refuse();
                return;
            }
            slot.fail();
            if (!seen.add(signature(e))) return;
            String name = i + "-" + e.getClass().getSimpleName();
            Files.write(findings.resolve(name + ".bin"), input);
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            Files.writeString(findings.resolve(name + ".txt"), trace.toString());
        }
    }

    /** An exception that says what is wrong with the file, thrown on purpose. */
    static boolean refusal(Throwable e) {
        if (e instanceof CheckpointException
                || e instanceof DatasetException
                || e instanceof RunException
                || e instanceof UsageException
                || e instanceof BadJsonException) return true;
        StackTraceElement[] trace = e.getStackTrace();
        boolean thrownByGreg = trace.length > 0 && trace[0].getClassName().startsWith("greg.");
        return e instanceof IllegalArgumentException && thrownByGreg && e.getMessage() != null;
    }

    /** The same for the same bug: what was thrown, and the lines of greg's that it came through last. */
    private static String signature(Throwable e) {
        StringBuilder signature = new StringBuilder(e.getClass().getName());
        int lines = 0;
        for (StackTraceElement at : e.getStackTrace()) {
            if (!at.getClassName().startsWith("greg.")) continue;
            if (lines++ < 2) signature.append(" ").append(at);
        }
        return signature.toString();
    }
}
