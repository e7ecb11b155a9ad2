package greg.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Feeds inputs to a target in worker processes, and starts the next where one ended. */
final class Fuzzer {
    private static final long PATIENCE_MILLIS = 10_000;
    private static final long START_MILLIS = 60_000;
    private static final int POLL_MILLIS = 200;
    /** With {@code -XX:+ExitOnOutOfMemoryError}, also where the error would have been caught. */
    private static final int OUT_OF_MEMORY = 3;
    /** A target that ends this many processes is broken enough. */
    private static final int MOST_DEATHS = 20;

    private final Target target;
    private final long seed;
    private final Inputs inputs;
    private final Path findings;
    private final Path scratch;
    private final Path slotFile;
    private int crashed;
    private int hung;
    private int outOfMemory;

    Fuzzer(Target target, long seed) throws Exception {
        this.target = target;
        this.seed = seed;
        inputs = new Inputs(target, seed);
        findings = Options.OUT.resolve("findings").resolve(target.name());
        RunTargets.delete(findings);
        Files.createDirectories(findings);
        scratch = Options.scratch("greg-" + target.name());
        slotFile = scratch.resolve("slot");
    }

    /**
     * Reads inputs.
     *
     * @param count how many at most
     * @param seconds how long at most
     */
    Tally run(long count, long seconds) throws Exception {
        Slot slot = Slot.of(slotFile);
        long start = System.currentTimeMillis();
        long end = start + 1000 * seconds;
        try {
            while (slot.current() < count && System.currentTimeMillis() < end && deaths() < MOST_DEATHS) {
                process(slot, count, end);
            }
        } finally {
            RunTargets.delete(scratch);
        }
        long inputsRead = slot.accepted() + slot.refused() + slot.failed() + deaths();
        return new Tally(
                target.name(),
                inputsRead,
                slot.accepted(),
                slot.refused(),
                slot.failed(),
                crashed,
                hung,
                outOfMemory,
                (System.currentTimeMillis() - start) / 1e3);
    }

    private int deaths() {
        return crashed + hung + outOfMemory;
    }

    private void process(Slot slot, long count, long end) throws IOException, InterruptedException {
        Path own = scratch.resolve("files");
        RunTargets.delete(own);
        Files.createDirectories(own);
        List<String> command = Options.java(
                "-Xmx256m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + findings.resolve("crash-%p.log"),
                Worker.class.getName(),
                target.name(),
                Long.toString(seed),
                Long.toString(slot.current()),
                Long.toString(count),
                Long.toString(end));
        command.addAll(List.of(slotFile.toString(), own.toString(), findings.toString()));
        Path log = Options.OUT.resolve(target.name() + ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        boolean silent = silent(process, slot);
        process.destroyForcibly();
        int code = process.waitFor();
        if (code == 0) return;
        if (!silent && code == 1) throw new IllegalStateException("the worker cannot work; see " + log);
        String how = silent ? "hang" : code == OUT_OF_MEMORY ? "memory" : "crash";
        if (silent) hung++;
        else if (code == OUT_OF_MEMORY) outOfMemory++;
        else crashed++;
        long i = slot.current();
        Files.write(findings.resolve(i + "-" + how + ".bin"), inputs.get(i));
        slot.current(i + 1);
    }

    /** Waits for the end of the process; true if it reads one input for too long. */
    private static boolean silent(Process process, Slot slot) throws InterruptedException {
        long first = slot.current();
        long last = first;
        long since = System.currentTimeMillis();
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            long now = slot.current();
            if (now != last) since = System.currentTimeMillis();
            last = now;
            long patience = last == first ? START_MILLIS : PATIENCE_MILLIS;
            if (System.currentTimeMillis() - since > patience) return true;
        }
        return false;
    }

    /** Where findings are. */
    Path folder() {
        return findings;
    }

    /** Names of the files of findings. */
    List<String> findings() throws IOException {
        try (Stream<Path> files = Files.list(findings)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(name -> !name.endsWith(".txt"))
                    .sorted()
                    .toList();
        }
    }
}
