package greg.nn.train;

import greg.datasets.Batches;
import greg.datasets.Share;
import greg.kernels.Backend;
import greg.kernels.Collectives;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;

/** Images in a float array: see {@link TrainData#of(float[], Shape, int[], int)}. */
final class ArrayData implements TrainData {
    private final float[] images;
    private final Shape image;
    private final int[] labels;
    private final int batchSize;
    private final long seed;

    ArrayData(float[] images, Shape image, int[] labels, int batchSize, long seed) {
        if (image.rank() != 4 || image.dim(0) != 1) {
            throw new IllegalArgumentException("training data: expected an image shape (1, C, H, W), got " + image);
        }
        if (labels.length == 0 || images.length != labels.length * image.size()) {
            throw new IllegalArgumentException("training data: expected " + image.size()
                    + " values for each of at least one image, got " + images.length + " values and " + labels.length
                    + " labels");
        }
        if (batchSize < 1) {
            throw new IllegalArgumentException("training data: expected a batch size of 1 or more, got " + batchSize);
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0) {
                throw new IllegalArgumentException(
                        "training data: expected labels from 0 on, got " + labels[i] + " for image " + i);
            }
        }
        this.images = images;
        this.image = image;
        this.labels = labels;
        this.batchSize = batchSize;
        this.seed = seed;
    }

    @Override
    public int stepsPerEpoch() {
        return (labels.length - 1) / batchSize + 1;
    }

    @Override
    public long imagesPerEpoch() {
        return labels.length;
    }

    @Override
    public InputSource open(Backend backend, long iteration) {
        return new Source(backend, iteration);
    }

    private final class Source implements InputSource {
        private final Backend backend;
        private long iteration;
        private long epoch = -1;
        private int[] order;

        Source(Backend backend, long iteration) {
            this.backend = backend;
            this.iteration = iteration;
        }

        @Override
        public Input next() {
            long now = iteration / stepsPerEpoch();
            if (now != epoch) order = Batches.permutation(labels.length, seed, Math.toIntExact(now));
            epoch = now;
            int start = (int) (iteration % stepsPerEpoch()) * batchSize;
            Collectives ranks = backend.collectives();
            Share share = Share.of(Math.min(batchSize, order.length - start), ranks.rank(), ranks.size());
            int from = start + share.first();
            int[] which = Arrays.copyOfRange(order, from, from + share.images());
            iteration++;
            int size = (int) image.size();
            float[] x = new float[which.length * size];
            int[] y = new int[which.length];
            for (int i = 0; i < which.length; i++) {
                System.arraycopy(images, which[i] * size, x, i * size, size);
                y[i] = labels[which[i]];
            }
            int[] dims = image.dims();
            dims[0] = which.length;
            Scope scope = Scope.current();
            return new Input(
                    scope.own(Tensor.of(backend, Shape.of(dims), x)),
                    scope.own(Tensor.ofInts(backend, Shape.of(y.length), y)),
                    share.counted(),
                    share.batch());
        }
    }
}
