package greg.bench.gpu;

import greg.bench.ParameterSet;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.cuda.CudaBackend;
import greg.kernels.cuda.StepGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The update with the penalty, its parts and a few more kernels on a GPU, timed by events and compared with a device-to-device
 * copy of as many bytes, which alternates with them. Before anything is timed its results are compared with the reference
 * backend's, launched by calls and by a graph.
 *
 * <pre>
 * java -cp bench/target/benchmarks.jar greg.bench.gpu.PenaltyGpu --out FOLDER
 * </pre>
 *
 * writes {@code penalty-gpu.json} and {@code penalty-gpu.md} into the folder and prints the latter; {@code penalty_torch.py}
 * takes it from there.
 */
public final class PenaltyGpu {
    /** The copies of the data together are this many times the level-2 cache, */
    private static final int CACHES = 4;
    /** ... but they are not more than this: the tables of all copies must stay on the device. */
    private static final int MOST_COPIES = 24;

    /**
     * What to measure.
     *
     * @param sets networks whose parameters are updated
     * @param elements of an activation
     * @param samples of every time
     * @param warmup samples before them that do not count
     * @param loop launches in {@link Mode#LOOP}
     * @param cacheBytes the level-2 cache to exceed; 0 asks the device
     */
    record Plan(List<ParameterSet> sets, int elements, int samples, int warmup, int loop, long cacheBytes) {}

    private final CudaBackend backend;
    private final Backend reference;
    private final Plan plan;
    private final long cacheBytes;

    private PenaltyGpu(CudaBackend backend, Backend reference, Plan plan) {
        this.backend = backend;
        this.reference = reference;
        this.plan = plan;
        cacheBytes = plan.cacheBytes() > 0 ? plan.cacheBytes() : backend.l2CacheBytes();
    }

    /** Checks and times all that the plan names. */
    static Report run(CudaBackend backend, Backend reference, Plan plan) {
        PenaltyGpu program = new PenaltyGpu(backend, reference, plan);
        List<Work> works = new ArrayList<>();
        plan.sets().forEach(set -> works.addAll(Work.over(set)));
        works.addAll(Work.overActivations(plan.elements()));
        List<Report.Row> rows = new ArrayList<>();
        for (Work work : works) rows.addAll(program.measure(work));
        return new Report(backend.device(), program.cacheBytes, plan.samples(), plan.sets(), rows);
    }

    /** How many copies of the data are used in turn. */
    static int copies(long bytes, long cacheBytes) {
        return (int) Math.max(2, Math.min(MOST_COPIES, CACHES * cacheBytes / bytes + 1));
    }

    private List<Report.Row> measure(Work work) {
        int copies = copies(work.bytes(), cacheBytes);
        backend.memory().trim();
        try (Work.Case kernel = work.maker().make(backend, 0, copies);
                CopyCase copy = new CopyCase(backend, work.bytes(), copies);
                Stopwatch watch = new Stopwatch(backend, plan.loop(), CACHES * cacheBytes)) {
            kernel.run(0);
            try (StepGraph kernelGraph = graphOf(work, kernel, copies, watch);
                    StepGraph copyGraph = watch.graph(copies, copy::run)) {
                copyGraph.launch();
                for (int c : new int[] {0, copies - 1}) {
                    if (copy.last(c) != c + 1)
                        throw new IllegalStateException("the copy compared with " + work + " copied nothing");
                }
                List<Report.Row> rows = new ArrayList<>();
                for (Mode mode : Mode.values()) {
                    double[] kernelTimes = new double[plan.samples()];
                    double[] copyTimes = new double[plan.samples()];
                    for (int s = -plan.warmup(); s < plan.samples(); s++) {
                        double kernelTime = watch.sample(mode, copies, kernel::run, kernelGraph);
                        double copyTime = watch.sample(mode, copies, copy::run, copyGraph);
                        if (s < 0) continue;
                        kernelTimes[s] = kernelTime;
                        copyTimes[s] = copyTime;
                    }
                    rows.add(new Report.Row(
                            work, mode, copies, Timing.of(kernelTimes), copy.bytes(), Timing.of(copyTimes)));
                }
                return rows;
            }
        }
    }

    /** The graph of a kernel over all copies, once the results of calls and graph are verified. */
    private StepGraph graphOf(Work work, Work.Case kernel, int copies, Stopwatch watch) {
        for (int c = 0; c < copies; c++) kernel.run(c);
        StepGraph graph = watch.graph(copies, kernel::run);
        try {
            for (int c : new int[] {0, copies - 1}) {
                Verification verification = new Verification(work, reference, c);
                verification.check("by a call", kernel, () -> kernel.run(c));
                verification.check("by a graph", kernel, graph::launch);
            }
            return graph;
        } catch (RuntimeException wrong) {
            graph.close();
            throw wrong;
        }
    }

    /**
     * The program.
     *
     * @param args {@code [--sets resnet50,resnet56] [--elements N] [--samples N] [--warmup N] [--loop N] [--device cuda:n]
     *     --out FOLDER}
     * @throws IOException if the folder cannot be written
     */
    public static void main(String[] args) throws IOException {
        String sets = "resnet50,resnet56";
        String device = "cuda";
        Path out = null;
        int elements = 128 * 64 * 56 * 56;
        int samples = 200;
        int warmup = 50;
        int loop = 20;
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) throw usage("a value after " + args[i]);
            String value = args[i + 1];
            switch (args[i]) {
                case "--sets" -> sets = value;
                case "--device" -> device = value;
                case "--out" -> out = Path.of(value);
                case "--elements" -> elements = positive(args[i], value);
                case "--samples" -> samples = positive(args[i], value);
                case "--warmup" -> warmup = positive(args[i], value);
                case "--loop" -> loop = positive(args[i], value);
                default -> throw usage("one of the options, got " + args[i]);
            }
        }
        if (out == null) throw usage("--out");
        Plan plan = new Plan(
                List.of(sets.split(",")).stream().map(ParameterSet::of).toList(), elements, samples, warmup, loop, 0);
        try (Backend backend = Backends.open(device, BackendOptions.standard());
                Backend reference = Backends.open("reference", BackendOptions.standard())) {
            if (!(backend instanceof CudaBackend cuda)) throw usage("a GPU after --device, got " + device);
            Report report = run(cuda, reference, plan);
            Files.createDirectories(out);
            Files.writeString(out.resolve("penalty-gpu.json"), report.json());
            Files.writeString(out.resolve("penalty-gpu.md"), report.table());
            System.out.print(report.table());
        }
    }

    private static int positive(String option, String value) {
        try {
            int number = Integer.parseInt(value);
            if (number > 0) return number;
        } catch (NumberFormatException notANumber) {
            // reported below, with the option's name
        }
        throw usage(option + " with a number from 1, got " + value);
    }

    private static IllegalArgumentException usage(String expected) {
        return new IllegalArgumentException(String.format(
                Locale.ROOT,
                "PenaltyGpu: expected %s; options: --out FOLDER [--sets resnet50,resnet56] [--elements N] [--samples N]"
                        + " [--warmup N] [--loop N] [--device cuda:n]",
                expected));
    }
}
