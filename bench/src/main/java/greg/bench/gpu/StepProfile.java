package greg.bench.gpu;

import greg.bench.ParameterSet;
import greg.bench.PenaltyKernel;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.cuda.CudaBackend;
import greg.kernels.cuda.DeviceTimer;
import greg.kernels.cuda.KernelTime;
import greg.kernels.cuda.StepGraph;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a step goes: its launches by kernel, beside the least that the bytes and the launches themselves take.
 *
 * @param what the step, issued by calls
 * @param lines one a kernel, the slowest first
 * @param copyGigabytes per second, read and written, of a large copy
 * @param eventMicroseconds between two events with nothing between them: a part of every launch's time
 * @param nodeMicroseconds of one of many kernels without work in a graph
 */
record StepProfile(
        StepCase what, List<Line> lines, double copyGigabytes, double eventMicroseconds, double nodeMicroseconds) {
    private static final int STEPS = 5;
    private static final int REPEATS = 10;
    private static final int NODES = 500;
    /** How much longer the work ahead takes than the host needs to issue the step. */
    private static final double AHEAD = 3;

    /**
     * The launches of one kernel in a step.
     *
     * @param microseconds of all together
     * @param bytes of all together
     */
    record Line(String kernel, int launches, double microseconds, long bytes) {
        /** Time of a copy of as many bytes. */
        double floor(double copyGigabytes) {
            return bytes / copyGigabytes * 1e-3;
        }
    }

    int launches() {
        return lines.stream().mapToInt(Line::launches).sum();
    }

    double microseconds() {
        return lines.stream().mapToDouble(Line::microseconds).sum();
    }

    /** Time of a copy of all bytes. */
    double floor() {
        return lines.stream().mapToDouble(line -> line.floor(copyGigabytes)).sum();
    }

    /**
     * Profiles a step that has been taken before.
     *
     * @param scratchBytes of the blocks by which the copy is timed and the device kept busy
     */
    static StepProfile of(StepCase what, CudaBackend backend, StepLoop loop, long scratchBytes) {
        Storage scratch = backend.memory().allocate(DType.FLOAT32, scratchBytes / Float.BYTES);
        Storage sum = backend.memory().allocate(DType.FLOAT32, 1);
        backend.transfer().fill(scratch, 1);
        Runnable busy = () -> backend.reduction().sum(scratch.length(), scratch, sum);
        try (DeviceTimer timer = backend.timer();
                CopyCase copy = new CopyCase(backend, scratchBytes, 2)) {
            busy.run();
            int ahead = ahead(backend, loop, timer, busy);
            List<KernelTime> times = new ArrayList<>();
            for (int s = 0; s < STEPS; s++) {
                backend.synchronize();
                for (int i = 0; i < ahead; i++) busy.run();
                times.addAll(backend.profile(loop::step));
            }
            double gigabytes = copy.bytes() * 1e-3 / time(timer, REPEATS, () -> copy.run(0));
            double event = time(timer, 1, () -> {});
            Runnable empty = () -> {
                for (int i = 0; i < NODES; i++) backend.transfer().fill(sum, 0);
            };
            empty.run();
            double node;
            try (StepGraph graph = backend.capture(empty)) {
                graph.launch();
                node = time(timer, REPEATS, graph::launch) / NODES;
            }
            return new StepProfile(what, lines(what, times), gigabytes, event, node);
        } finally {
            scratch.release();
            sum.release();
        }
    }

    /** How often the work ahead must run for the device to be busy until a step has been issued. */
    private static int ahead(CudaBackend backend, StepLoop loop, DeviceTimer timer, Runnable busy) {
        double once = time(timer, REPEATS, busy);
        backend.synchronize();
        long start = System.nanoTime();
        backend.profile(loop::step);
        double step = 1e-3 * (System.nanoTime() - start);
        return (int) Math.min(1000, Math.ceil(AHEAD * step / once));
    }

    private static double time(DeviceTimer timer, int repeats, Runnable work) {
        timer.start();
        for (int i = 0; i < repeats; i++) work.run();
        timer.stop();
        return timer.microseconds() / repeats;
    }

    private static List<Line> lines(StepCase what, List<KernelTime> times) {
        Map<String, List<KernelTime>> byKernel = new LinkedHashMap<>();
        for (KernelTime time : times) {
            byKernel.computeIfAbsent(time.kernel(), kernel -> new ArrayList<>()).add(time);
        }
        List<Line> lines = new ArrayList<>();
        byKernel.forEach((kernel, all) -> lines.add(new Line(
                kernel,
                Math.max(1, all.size() / STEPS),
                all.stream().mapToDouble(KernelTime::microseconds).sum() / STEPS,
                bytes(what, kernel, all))));
        lines.sort(Comparator.comparingDouble(Line::microseconds).reversed());
        return lines;
    }

    private static long bytes(StepCase what, String kernel, List<KernelTime> all) {
        if (kernel.startsWith(PenaltyKernel.UPDATE.source())) {
            return PenaltyKernel.UPDATE.bytes(ParameterSet.of(what.arch()));
        }
        return all.stream().mapToLong(KernelTime::bytes).sum() / STEPS;
    }
}
