package greg.pruning.report;

import greg.datasets.random.SplitMix;
import greg.nn.NnModule;
import greg.nn.inference.Inference;
import greg.nn.inference.Inference.LayerTime;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Times two networks in {@linkplain Inference inference}: after a warm-up each takes its turns, so that changes in the machine's speed
 * affect both; the medians are compared. Where a network is run op by op, as on a GPU, the images lie on the device.
 */
public final class SpeedMeter {
    private static final int MIN_ROUNDS = 3;
    private static final int ENOUGH_PASSES = 101;
    private static final int LAYER_ROUNDS = 11;
    private static final Duration TURN = Duration.ofMillis(2);
    private static final Duration TURN_BESIDE_OTHERS = Duration.ofMillis(20);
    /** What is spent where nobody waits for it. */
    public static final Duration USUAL = Duration.ofMillis(1500);

    private interface Pass {
        void run();
    }

    /** Sums over the operations of one layer. */
    private static final class LayerSum {
        private final List<Long> dense = new ArrayList<>(Collections.nCopies(LAYER_ROUNDS, 0L));
        private final List<Long> pruned = new ArrayList<>(Collections.nCopies(LAYER_ROUNDS, 0L));
        private long denseMacs;
        private long prunedMacs;
    }

    private SpeedMeter() {}

    /**
     * Measures.
     *
     * @param image (1, C, H, W)
     * @param batch images per pass
     */
    public static Speed measure(NnModule dense, NnModule pruned, Shape image, int batch) {
        return measure(dense, pruned, image, batch, List.of(), USUAL).get(0);
    }

    /**
     * As above, beside other programs, which take their turns with greg.
     *
     * @param time to spend, about; three turns of everybody at least
     * @return greg's times, then those of the others in the order given
     */
    public static List<Speed> measure(
            NnModule dense, NnModule pruned, Shape image, int batch, List<SpeedEngine> others, Duration time) {
        Shape shape = Shape.of(batch, image.dim(1), image.dim(2), image.dim(3));
        float[] values = images(shape);
        List<SpeedEngine.Session> sessions = new ArrayList<>();
        try (Inference first = inference(dense, shape);
                Inference second = inference(pruned, shape);
                NnModule.Evaluation firstMode = dense.evaluating();
                NnModule.Evaluation secondMode = pruned.evaluating();
                Tensor x = Tensor.of(dense.backend(), shape, values)) {
            List<Pass> passes = new ArrayList<>(List.of(
                    first.whole() ? () -> first.run(values) : () -> pass(dense, x),
                    second.whole() ? () -> second.run(values) : () -> pass(pruned, x)));
            for (SpeedEngine other : others) {
                for (NnModule network : List.of(dense, pruned)) {
                    SpeedEngine.Session session = other.open(network, image);
                    sessions.add(session);
                    passes.add(() -> session.run(values, shape));
                }
            }
            List<List<Long>> nanos = rounds(passes, time, others.isEmpty() ? TURN : TURN_BESIDE_OTHERS);
            List<Speed> speeds = new ArrayList<>();
            int count = nanos.get(1).size();
            double whole = millis(nanos.get(0));
            speeds.add(new Speed(Speed.GREG, batch, whole, millis(nanos.get(1)), count, layers(first, second)));
            for (int i = 0; i < others.size(); i++) {
                List<Long> before = nanos.get(2 + 2 * i);
                List<Long> after = nanos.get(3 + 2 * i);
                speeds.add(
                        new Speed(others.get(i).name(), batch, millis(before), millis(after), after.size(), List.of()));
            }
            return speeds;
        } finally {
            sessions.forEach(SpeedEngine.Session::close);
        }
    }

    /** Op by op, with the images on the device. */
    private static void pass(NnModule network, Tensor x) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            network.call(x);
            network.backend().synchronize();
        }
    }

    private static Inference inference(NnModule network, Shape shape) {
        return Inference.of(network, shape.dim(1), shape.dim(2), shape.dim(3), shape.dim(0));
    }

    private static float[] images(Shape shape) {
        SplitMix random = SplitMix.of(0, "speed");
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.gaussian();
        return values;
    }

    /** The times of each pass: everybody takes turns of several passes until there are enough. */
    private static List<List<Long>> rounds(List<Pass> passes, Duration time, Duration turn) {
        List<List<Long>> nanos = new ArrayList<>();
        for (Pass pass : passes) {
            nanos.add(new ArrayList<>());
            pass.run(); // creates what is created once
        }
        long start = System.nanoTime();
        for (int round = 0; round < MIN_ROUNDS || System.nanoTime() - start < time.toNanos(); round++) {
            for (int p = 0; p < passes.size(); p++) turn(passes.get(p), turn.toNanos(), nanos.get(p));
            if (round + 1 >= MIN_ROUNDS && nanos.stream().allMatch(list -> list.size() >= ENOUGH_PASSES)) break;
        }
        return nanos;
    }

    /** Not timed at first: after another's turn caches are cold, and its threads may still spin. */
    private static void turn(Pass pass, long atLeast, List<Long> nanos) {
        long start = System.nanoTime();
        do pass.run();
        while (System.nanoTime() - start < atLeast);
        long settled = System.nanoTime();
        long now = settled;
        do {
            pass.run();
            long end = System.nanoTime();
            nanos.add(end - now);
            now = end;
        } while (now - settled < atLeast);
    }

    private static List<LayerSpeed> layers(Inference dense, Inference pruned) {
        Map<String, LayerSum> sums = new LinkedHashMap<>();
        for (int round = 0; round < LAYER_ROUNDS; round++) {
            for (LayerTime time : dense.time()) {
                LayerSum sum = sums.computeIfAbsent(time.layer(), name -> new LayerSum());
                sum.dense.set(round, sum.dense.get(round) + time.nanos());
                if (round == 0) sum.denseMacs += time.macs();
            }
            for (LayerTime time : pruned.time()) {
                LayerSum sum = sums.computeIfAbsent(time.layer(), name -> new LayerSum());
                sum.pruned.set(round, sum.pruned.get(round) + time.nanos());
                if (round == 0) sum.prunedMacs += time.macs();
            }
        }
        List<LayerSpeed> layers = new ArrayList<>();
        sums.forEach((name, sum) ->
                layers.add(new LayerSpeed(name, millis(sum.dense), millis(sum.pruned), sum.denseMacs, sum.prunedMacs)));
        return layers;
    }

    /** The median. */
    private static double millis(List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2.0 * 1e-6;
    }
}
