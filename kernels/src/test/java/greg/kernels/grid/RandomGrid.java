package greg.kernels.grid;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs random geometries (convolutions, poolings, batch norms, products; forward and all gradients) on {@code cpu} and on {@code
 * reference}, and compares. The work is done in a process of its own, so that one that dies or hangs in native code is a
 * finding, after which the next process continues with the next case.
 *
 * <pre>java -cp ... greg.kernels.grid.RandomGrid --seed 1 --seconds 60</pre>
 *
 * <p>Case i of a seed is always the same; {@code --first i --cases 1} repeats it.
 */
public final class RandomGrid {
    private static final String USAGE = "expected --seed N, then --seconds N or --cases N, and perhaps --first N";

    private final List<String> worker;
    private final long patienceMillis;
    private final List<String> findings = new ArrayList<>();
    private long cases;
    private long refused;
    private long crashed;
    private long hung;
    private double largest;

    /** Of one process, what it is computing now. */
    private String current;

    private long next;

    /** @param patienceMillis how long a process may be silent */
    RandomGrid(List<String> worker, long patienceMillis) {
        this.worker = List.copyOf(worker);
        this.patienceMillis = patienceMillis;
    }

    /** Prints findings and a summary; ends with 1 if there are findings, with 2 for arguments that it does not know. */
    public static void main(String[] args) throws IOException, InterruptedException {
        long seed = 0;
        long first = 0;
        long count = Long.MAX_VALUE;
        long seconds = Long.MAX_VALUE;
        try {
            for (int i = 0; i < args.length; i += 2) {
                long value = Long.parseLong(args[i + 1]);
                switch (args[i]) {
                    case "--seed" -> seed = value;
                    case "--first" -> first = value;
                    case "--cases" -> count = value;
                    case "--seconds" -> seconds = value;
                    default -> throw new IllegalArgumentException(args[i]);
                }
            }
            if (count == Long.MAX_VALUE && seconds == Long.MAX_VALUE) throw new IllegalArgumentException("no end");
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println(USAGE + ", got " + Arrays.toString(args));
            System.exit(2);
        }
        RandomGrid grid = new RandomGrid(java(GridWorker.class), TimeUnit.MINUTES.toMillis(2));
        grid.run(seed, first, count, seconds);
        grid.findings.forEach(System.out::println);
        System.out.println(grid.summary(seed));
        System.exit(grid.findings.isEmpty() ? 0 : 1);
    }

    /** The command that runs a class as this process does. */
    static List<String> java(Class<?> main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String property : List.of("greg.threads", "user.home", "java.io.tmpdir")) {
            String value = System.getProperty(property);
            if (value != null) command.add("-D" + property + "=" + value);
        }
        // what a dying process has to say comes on its standard output, in few lines
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:-CreateCoredumpOnCrash", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        return command;
    }

    /** Runs cases from {@code first} on until there were {@code count} of them or the time is over. */
    void run(long seed, long first, long count, long seconds) throws IOException, InterruptedException {
        long end = first + Math.min(count, Long.MAX_VALUE - first);
        long started = System.nanoTime();
        long most = seconds > Long.MAX_VALUE / 1_000_000_000 ? Long.MAX_VALUE : seconds * 1_000_000_000;
        next = first;
        while (next < end && System.nanoTime() - started < most) {
            process(seed, end, started, most);
        }
    }

    private void process(long seed, long end, long started, long most) throws IOException, InterruptedException {
        File report = File.createTempFile("greg-grid-", ".log");
        List<String> command = new ArrayList<>(worker);
        command.add(1, "-XX:ErrorFile=" + report);
        command.addAll(List.of(Long.toString(seed), Long.toString(next), Long.toString(end - next)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        AtomicLong heard = new AtomicLong(System.nanoTime());
        Thread watch = new Thread(() -> watch(process, heard), "grid-watch");
        watch.setDaemon(true);
        watch.start();
        long before = next;
        boolean overTime = false;
        List<String> other = new ArrayList<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                heard.set(System.nanoTime());
                if (!read(seed, line)) other.add(line);
                overTime = current == null && System.nanoTime() - started >= most;
                if (overTime) break;
            }
        } finally {
            // it has nothing to save
            process.destroyForcibly();
            report.delete();
        }
        int exit = process.waitFor();
        watch.interrupt();
        if (overTime || (exit == 0 && current == null)) return;
        boolean silent = System.nanoTime() - heard.get() >= TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        if (silent) hung++;
        else crashed++;
        String what = silent ? "no answer in " + patienceMillis + " ms" : "the process died (exit code " + exit + ")";
        findings.add(where(seed) + ": " + what + frame(other));
        current = null;
        if (next == before) throw new IOException("the process ends before its first case: " + other);
    }

    private void watch(Process process, AtomicLong heard) {
        long patience = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        try {
            while (process.isAlive() && System.nanoTime() - heard.get() < patience) {
                TimeUnit.MILLISECONDS.sleep(Math.min(100, patienceMillis));
            }
            process.destroyForcibly();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the line is the worker's, not the virtual machine's. */
    private boolean read(long seed, String line) {
        int space = line.indexOf(' ');
        if (space < 0) return false;
        String text = line.substring(space + 1);
        switch (line.substring(0, space)) {
            case GridWorker.CASE -> {
                current = text;
                next = Long.parseLong(text.substring(0, text.indexOf(' '))) + 1;
                cases++;
            }
            case GridWorker.DEVIATION -> {
                largest = Math.max(largest, Double.parseDouble(text));
                current = null;
            }
            case GridWorker.REFUSED -> {
                refused++;
                current = null;
            }
            case GridWorker.FINDING -> findings.add(where(seed) + ": " + text);
            default -> {
                return false;
            }
        }
        return true;
    }

    private String where(long seed) {
        return "FINDING seed " + seed + " case " + current;
    }

    /** Where native code died, as the virtual machine says it. */
    private static String frame(List<String> lines) {
        int at = lines.indexOf("# Problematic frame:");
        return at < 0 || at + 1 >= lines.size()
                ? ""
                : " in " + lines.get(at + 1).replaceFirst("^#\\s*", "");
    }

    List<String> findings() {
        return findings;
    }

    long cases() {
        return cases;
    }

    /** One line. */
    String summary(long seed) {
        return String.format(
                Locale.ROOT,
                "random grid: seed %d, %d cases, %d refused, %d crashed, %d hung, %d findings, largest deviation %.2g of the"
                        + " largest value",
                seed,
                cases,
                refused,
                crashed,
                hung,
                findings.size(),
                largest);
    }
}
