package greg.kernels.cpu;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.spec.Conv2dSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Chooses the fastest way for each convolution of a network by running all of them. Equal convolutions are measured once. */
final class ConvTimings {
    /** A candidate is run for at least this long, twice at least, and its shortest time counts. */
    private static final long NANOS = 300_000;

    private static final int LEAST_RUNS = 2;

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
        Key key = new Key(conv.spec(), images, threads, residual, inPlace, conv.activation());
        return chosen.computeIfAbsent(key, k -> OneDnn.scoped(() -> measured(conv, images, inPlace)));
    }

    private ConvCandidate measured(Convolution conv, int images, boolean inPlace) {
        List<ConvCandidate> candidates = ConvCandidate.all(dnn, conv, images, inPlace);
        if (candidates.size() == 1) return candidates.get(0);
        ConvCandidate best = null;
        long least = Long.MAX_VALUE;
        for (ConvCandidate candidate : candidates) {
            long time = OneDnn.scoped(() -> nanos(candidate, conv, images, inPlace));
            if (time < least) best = candidate;
            least = Math.min(least, time);
        }
        return best;
    }

    private long nanos(ConvCandidate candidate, Convolution conv, int images, boolean inPlace) {
        InferenceConv built = new InferenceConv(dnn, conv, candidate, images, inPlace, 0, 1, 2);
        long[] lengths = {
            (long) images
                    * conv.spec().inChannels()
                    * conv.spec().h()
                    * conv.spec().w(),
            (long) images
                    * conv.bias().length
                    * conv.spec().outH()
                    * conv.spec().outW(),
            (long) images
                    * conv.bias().length
                    * conv.spec().outH()
                    * conv.spec().outW()
        };
        HostBlock[] blocks = new HostBlock[lengths.length];
        try {
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = HostBlock.allocate(Float.BYTES * lengths[i]);
                blocks[i].fill(0);
            }
            try (InferenceStep step = new InferenceStep(dnn, built.call(), value -> blocks[value])) {
                step.run();
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
        } finally {
            for (HostBlock block : blocks) {
                if (block != null) block.free();
            }
            built.call().close();
            built.close();
        }
    }
}
