package greg.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Thousands of training steps in one process: does memory grow, do steps become slower? Prints, for every tenth of the
 * run, the median time of a step, live bytes, bytes held by the pool and the resident size of the process.
 *
 * <pre>java -cp bench/target/benchmarks.jar greg.bench.LongRun ARCH BATCH STEPS THREADS</pre>
 */
public final class LongRun {
    private static final int PARTS = 10;
    private static final double MEBI = 1 << 20;

    private LongRun() {}

    /** Arguments: architecture, images per step, number of steps, threads. */
    public static void main(String[] args) throws IOException {
        if (args.length != 4) {
            System.err.println("usage: LongRun ARCH BATCH STEPS THREADS, as in LongRun resnet20 32 2000 2");
            System.exit(2);
        }
        int steps = Integer.parseInt(args[2]);
        System.out.println("steps        median ms   live MiB   held MiB   resident MiB");
        try (GregStep step = new GregStep(
                TrainStepWorkload.of(args[0], Integer.parseInt(args[1])), "cpu", Integer.parseInt(args[3]))) {
            double[] times = new double[Math.max(1, steps / PARTS)];
            for (int i = 0; i < steps; i++) {
                long start = System.nanoTime();
                step.step();
                times[i % times.length] = (System.nanoTime() - start) * 1e-6;
                if ((i + 1) % times.length == 0) report(i + 1, times, step);
            }
        }
    }

    private static void report(int done, double[] times, GregStep step) throws IOException {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%8d %12.2f %10.1f %10.1f %14.1f%n",
                done,
                sorted[sorted.length / 2],
                step.memory().liveBytes() / MEBI,
                step.memory().heldBytes() / MEBI,
                resident() / MEBI);
    }

    /** Resident bytes of this process; 0 where the system does not report it. */
    private static double resident() throws IOException {
        Path statm = Path.of("/proc/self/statm");
        return Files.exists(statm) ? Long.parseLong(Files.readString(statm).split(" ")[1]) * 4096.0 : 0;
    }
}
