package greg.nn.train;

import greg.datasets.Share;
import greg.kernels.Backend;
import greg.kernels.Collectives;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Iterator;
import java.util.function.IntFunction;

/** Batches from iterators: see {@link TrainData#of(int, IntFunction)}. */
final class IteratedData implements TrainData {
    private final int stepsPerEpoch;
    private final IntFunction<Iterator<HostBatch>> epochs;
    private long images = -1;

    IteratedData(int stepsPerEpoch, IntFunction<Iterator<HostBatch>> epochs) {
        if (stepsPerEpoch < 1) {
            throw new IllegalArgumentException(
                    "training data: expected 1 or more steps per epoch, got " + stepsPerEpoch);
        }
        this.stepsPerEpoch = stepsPerEpoch;
        this.epochs = epochs;
    }

    @Override
    public int stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /** Counted once; the first call iterates over the first epoch. */
    @Override
    public long imagesPerEpoch() {
        if (images < 0) {
            long count = 0;
            Iterator<HostBatch> batches = epochs.apply(0);
            for (int i = 0; i < stepsPerEpoch; i++) count += next(batches, i).labels().length;
            images = count;
        }
        return images;
    }

    private HostBatch next(Iterator<HostBatch> batches, int step) {
        if (batches.hasNext()) return batches.next();
        throw new IllegalStateException(
                "training data: expected " + stepsPerEpoch + " batches from an iterator, it ended after " + step);
    }

    @Override
    public InputSource open(Backend backend, long iteration) {
        int skipped = (int) (iteration % stepsPerEpoch);
        int firstEpoch = Math.toIntExact(iteration / stepsPerEpoch);
        Iterator<HostBatch> first = epochs.apply(firstEpoch);
        for (int i = 0; i < skipped; i++) next(first, i);
        return new InputSource() {
            private Iterator<HostBatch> batches = first;
            private int epoch = firstEpoch;
            private int step = skipped;

            @Override
            public Input next() {
                if (step == stepsPerEpoch) {
                    batches = epochs.apply(++epoch);
                    step = 0;
                }
                HostBatch all = IteratedData.this.next(batches, step++);
                Collectives ranks = backend.collectives();
                Share share = Share.of(all.labels().length, ranks.rank(), ranks.size());
                HostBatch batch = ranks.several() ? all.part(share.first(), share.images()) : all;
                Scope scope = Scope.current();
                return new Input(
                        scope.own(Tensor.of(backend, batch.shape(), batch.images())),
                        scope.own(Tensor.ofInts(backend, Shape.of(batch.labels().length), batch.labels())),
                        share.counted(),
                        share.batch());
            }
        };
    }
}
