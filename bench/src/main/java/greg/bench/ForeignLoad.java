package greg.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.profile.ProfilerException;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * A JMH profiler ({@code -prof greg.bench.ForeignLoad}) that reports how many cores other processes kept busy during each
 * iteration. A step that uses all cores is slowed several times over when another process keeps one of them busy, so discard
 * such results and run again on a quiet machine.
 *
 * <p>Measured as the machine's busy time less this process's own, from {@code /proc}; Linux only.
 */
public final class ForeignLoad implements InternalProfiler {
    private static final Path MACHINE = Path.of("/proc/stat");
    private static final Path SELF = Path.of("/proc/self/stat");

    /** Linux counts in hundredths of a second whatever the kernel's own clock (USER_HZ). */
    private static final double TICKS_PER_SECOND = 100;

    private long foreignTicks;
    private long started;

    /**
     * Called by JMH.
     *
     * @throws ProfilerException where there is no {@code /proc}
     */
    public ForeignLoad() throws ProfilerException {
        if (!Files.isReadable(MACHINE) || !Files.isReadable(SELF)) {
            throw new ProfilerException("ForeignLoad reads /proc/stat, which this machine lacks: run without -prof");
        }
    }

    @Override
    public String getDescription() {
        return "cores kept busy by other processes";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        foreignTicks = busyTicks(firstLine(MACHINE)) - ownTicks(firstLine(SELF));
        started = System.nanoTime();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long foreign = busyTicks(firstLine(MACHINE)) - ownTicks(firstLine(SELF)) - foreignTicks;
        double seconds = (System.nanoTime() - started) * 1e-9;
        // the two files are read at slightly different times, so a quiet machine may come out just below zero
        double cores = Math.max(0, foreign) / (TICKS_PER_SECOND * seconds);
        return List.of(new ScalarResult("foreign.load", cores, "cores", AggregationPolicy.AVG));
    }

    /** user + nice + system + irq + softirq + steal of {@code /proc/stat}'s first line, in clock ticks of all cores. */
    static long busyTicks(String machine) {
        String[] fields = machine.trim().split("\\s+");
        return Long.parseLong(fields[1])
                + Long.parseLong(fields[2])
                + Long.parseLong(fields[3])
                + Long.parseLong(fields[6])
                + Long.parseLong(fields[7])
                + Long.parseLong(fields[8]);
    }

    /** utime + stime of {@code /proc/self/stat}; the name before them may hold blanks, so count from its bracket. */
    static long ownTicks(String self) {
        String[] fields = self.substring(self.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static String firstLine(Path file) {
        try (var reader = Files.newBufferedReader(file)) {
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException("ForeignLoad: cannot read " + file, e);
        }
    }
}
