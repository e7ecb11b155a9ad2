package greg.campaign;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.train.TrainData;
import greg.nn.train.Trainer;
import greg.pruning.Pruned;
import greg.pruning.Pruner;
import greg.pruning.growth.GregConfig;
import greg.pruning.surgery.PruningPlan;
import greg.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Trains and prunes a small network again and again in one JVM, and compares what it holds after a while with the end. */
final class Soak {
    private static final Shape IMAGE = Shape.of(1, 1, 28, 28);
    private static final int IMAGES = 40;
    private static final int BATCH = 8;
    private static final int STEPS_PER_EPOCH = IMAGES / BATCH;
    /** The heap is in memory from the start; this is room for code that is still being compiled. */
    private static final long ROOM = 16L << 20;
    /** A tenth of the work comes before the first measurement. */
    private static final int WARM = 10;

    /** What the process holds. */
    private record Held(long live, long pooled, long resident, long descriptors, long threads) {
        static Held now(Backend backend) throws IOException {
            System.gc();
            long resident = 0;
            long threads = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) resident = number(line) << 10;
                if (line.startsWith("Threads:")) threads = number(line);
            }
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
                return new Held(
                        backend.memory().liveBytes(), backend.memory().heldBytes(), resident, open.count(), threads);
            }
        }

        private static long number(String line) {
            return Long.parseLong(line.replaceAll("\\D", ""));
        }

        boolean flat(Held later) {
            return later.live == live
                    && later.pooled <= pooled
                    && later.resident <= resident + ROOM
                    && later.descriptors <= descriptors
                    && later.threads <= threads;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%,d bytes live, %,d in the pool, %,d KiB resident, %d descriptors, %d threads",
                    live,
                    pooled,
                    resident >> 10,
                    descriptors,
                    threads);
        }
    }

    /** Work that is done again and again. */
    @FunctionalInterface
    private interface Work {
        void run(int times) throws IOException;
    }

    private Soak() {}

    /** Arguments: training steps, prunings. Prints a line for each; ends with 1 if one of them is not flat. */
    public static void main(String[] args) throws IOException {
        int steps = Integer.parseInt(args[0]);
        int prunings = Integer.parseInt(args[1]);
        Random random = new Random(1);
        float[] pixels = new float[IMAGES * 28 * 28];
        int[] labels = new int[IMAGES];
        for (int i = 0; i < IMAGES; i++) labels[i] = i % 10;
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        TrainData data = TrainData.of(pixels, IMAGE, labels, BATCH);
        boolean flat;
        try (Backend backend = Backends.open("cpu", BackendOptions.standard())) {
            try (NnModule network = fresh(backend)) {
                Trainer trainer = Trainer.sgd(network, 1e-4f);
                flat = flat(backend, "steps", steps, times -> trainer.run(data, Math.max(1, times / STEPS_PER_EPOCH)));
            }
            Path file = Files.createTempFile("greg-soak", ".safetensors");
            flat &= flat(backend, "prunings", prunings, times -> {
                for (int i = 0; i < times; i++) prune(backend, data, file, i);
            });
            Files.delete(file);
        }
        System.exit(flat ? 0 : 1);
    }

    private static boolean flat(Backend backend, String what, int times, Work work) throws IOException {
        work.run(times / WARM);
        Held warm = Held.now(backend);
        work.run(times - times / WARM);
        Held end = Held.now(backend);
        boolean flat = warm.flat(end);
        System.out.printf(Locale.ROOT, "%,d %s: after %,d %s; at the end %s%n", times, what, times / WARM, warm, end);
        return flat;
    }

    private static NnModule fresh(Backend backend) {
        NnModule network = Networks.create("lenet5", backend, 1, 28, 10);
        Initializer.initialize(network, 0);
        return network;
    }

    /** Grown, cut or masked, saved and loaded; what differs from one to the next repeats after a few. */
    private static void prune(Backend backend, TrainData data, Path file, int number) {
        List<String> ratios = List.of("0.25", "0.5", "0.75");
        GregConfig config = number % 2 == 0
                ? GregConfig.greg1()
                        .updateRegInterval(1)
                        .stabilizeRegInterval(2)
                        .regUpperLimit(1)
                        .regGranularityPrune(0.5)
                        .build()
                : GregConfig.l1().build();
        try (NnModule network = fresh(backend)) {
            Pruner pruner = Pruner.of(network, IMAGE, config).ratios(ratios.get(number % ratios.size()));
            PruningPlan plan = pruner.run(data);
            Pruned.save(file, network, plan);
        }
        Pruned.load(file, backend, b -> Networks.create("lenet5", b, 1, 28, 10)).close();
    }
}
