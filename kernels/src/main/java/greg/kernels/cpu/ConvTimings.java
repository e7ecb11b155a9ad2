package greg.kernels.cpu;

import greg.kernels.KernelException;
import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.spec.Conv2dSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses the fastest way for each convolution of a network by running all of them. Equal convolutions are measured once. Where
 * oneDNN's plain loops take next to no time, only those count that agree with them: one of its implementations is wrong for some
 * convolutions with a stride to a single column.
 */
final class ConvTimings {
    /** A candidate is run for at least this long, twice at least, and its shortest time counts. */
    private static final long NANOS = 200_000;

    private static final int LEAST_RUNS = 2;

    /** Up to this many multiply-accumulates results are compared. */
    private static final long CHECKED_MACS = 1_000_000;

    /** Convolutions are measured on at most this many images, and fewer where that is more than so many multiply-accumulates. */
    private static final int MEASURED_IMAGES = 4;

    private static final long MEASURED_MACS = 20_000_000;

    /** How far a result may be off, in the largest expected value. */
    private static final float TOLERANCE = 1e-3f;

    private record Key(
            Conv2dSpec spec, int images, int threads, boolean residual, boolean inPlace, Activation activation) {}

    private final OneDnn dnn;
    private final Map<Key, ConvCandidate> chosen = new HashMap<>();

    ConvTimings(OneDnn dnn) {
        this.dnn = dnn;
    }

    /**
     * The fastest candidate on the calling thread's team.
     *
     * @param inPlace whether the residual lies where the result goes
     */
    ConvCandidate fastest(Convolution conv, int images, int threads, boolean inPlace) {
        boolean residual = conv.residual() != Convolution.NO_RESIDUAL;
        int some = (int)
                Math.max(1, Math.min(Math.min(images, MEASURED_IMAGES), MEASURED_MACS / Math.max(1, conv.macs())));
        Key key = new Key(conv.spec(), some, threads, residual, inPlace, conv.activation());
        return chosen.computeIfAbsent(key, k -> OneDnn.scoped(() -> measured(conv, some, inPlace)));
    }

    private ConvCandidate measured(Convolution conv, int images, boolean inPlace) {
        List<ConvCandidate> candidates = ConvCandidate.all(dnn, conv, images, inPlace);
        if (candidates.size() == 1) return candidates.get(0);
        try (Trial trial = new Trial(conv, images, inPlace)) {
            ConvCandidate plain = ConvCandidate.naive(dnn, conv, images, inPlace);
            boolean checked = plain != null && conv.macs() * images <= CHECKED_MACS;
            float[] expected = checked ? OneDnn.scoped(() -> trial.run(plain, true, null).result) : null;
            ConvCandidate best = checked ? plain : candidates.get(0);
            long least = Long.MAX_VALUE;
            for (ConvCandidate candidate : candidates) {
                long time = OneDnn.scoped(() -> trial.run(candidate, checked, expected).nanos);
                if (time < least) best = candidate;
                least = Math.min(least, time);
            }
            return best;
        }
    }

    /** What a candidate computed, and how long it took; for ever if that is wrong. */
    private record Outcome(float[] result, long nanos) {}

    /** Memory for one convolution, with numbers in it. */
    private final class Trial implements AutoCloseable {
        private static final int CHUNK = 4096;

        private final Convolution conv;
        private final int images;
        private final boolean inPlace;
        private final long outputs;
        private final HostBlock[] blocks = new HostBlock[3]; // input, residual, output

        Trial(Convolution conv, int images, boolean inPlace) {
            this.images = images;
            this.inPlace = inPlace;
            Conv2dSpec spec = conv.spec();
            outputs = (long) images * spec.outChannels() * spec.outH() * spec.outW();
            // the network's own weights may be anything, even all zero
            this.conv = new Convolution(
                    conv.name(),
                    spec,
                    conv.x(),
                    conv.residual(),
                    numbers(conv.weight().length),
                    numbers(conv.bias().length),
                    conv.activation());
            try {
                blocks[0] = filled((long) images * spec.inChannels() * spec.h() * spec.w());
                if (conv.residual() != Convolution.NO_RESIDUAL && !inPlace) blocks[1] = filled(outputs);
                blocks[2] = filled(outputs);
            } catch (KernelException e) {
                close();
                throw e;
            }
        }

        private static float[] numbers(int count) {
            float[] numbers = new float[count];
            for (int i = 0; i < count; i++) numbers[i] = (float) Math.sin(i * 0.7 + 0.3);
            return numbers;
        }

        private static HostBlock filled(long length) {
            HostBlock block = HostBlock.require(Float.BYTES * length);
            fill(block, length);
            return block;
        }

        private static void fill(HostBlock block, long length) {
            float[] chunk = numbers(CHUNK);
            for (long at = 0; at < length; at += CHUNK) {
                block.write(at, chunk, 0, (int) Math.min(CHUNK, length - at));
            }
        }

        /** Builds and runs a candidate; its result is read only if {@code checked}, and compared if there is something expected. */
        Outcome run(ConvCandidate candidate, boolean checked, float[] expected) {
            InferenceConv built = new InferenceConv(dnn, conv, candidate, images, inPlace, 0, 1, 2);
            try (InferenceStep step = new InferenceStep(dnn, built.call(), value -> blocks[value])) {
                if (checked) fill(blocks[2], outputs); // the residual, where it is in place
                step.run();
                float[] result = new float[checked ? (int) outputs : 0];
                blocks[2].read(0, result, 0, result.length);
                boolean wrong = expected != null && !agree(expected, result);
                return new Outcome(result, wrong ? Long.MAX_VALUE : nanos(step));
            } finally {
                built.call().close();
                built.close();
            }
        }

        private static boolean agree(float[] expected, float[] result) {
            float largest = 0;
            float apart = 0;
            for (int i = 0; i < expected.length; i++) {
                largest = Math.max(largest, Math.abs(expected[i]));
                apart = Math.max(apart, Math.abs(expected[i] - result[i]));
            }
            return apart <= TOLERANCE * largest; // not if anything is NaN
        }

        private long nanos(InferenceStep step) {
            long least = Long.MAX_VALUE;
            long spent = 0;
            for (int run = 0; run < LEAST_RUNS || spent < NANOS; run++) {
                long start = System.nanoTime();
                step.run();
                long time = System.nanoTime() - start;
                least = Math.min(least, time);
                spent += time;
            }
            return least;
        }

        @Override
        public void close() {
            for (HostBlock block : blocks) {
                if (block != null) block.free();
            }
        }
    }
}
