package greg.nn.train;

import greg.datasets.Batch;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.datasets.Share;
import greg.datasets.random.Seeds;
import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.AugmentSpec;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;

/** Turns batches of bytes into network input on the device: upload, crop, flip, normalize. */
public final class Feeder {
    private final Backend backend;
    private final Dataset dataset;
    private final Normalization normalization;
    private final int pad;
    private final boolean random;
    private final boolean flip;
    private final long seed;
    private int[] identity = new int[0];

    private Feeder(
            Backend backend, Dataset dataset, Normalization norm, int pad, boolean random, boolean flip, long seed) {
        this.backend = backend;
        this.dataset = dataset;
        this.normalization = norm;
        this.pad = pad;
        this.random = random;
        this.flip = flip;
        this.seed = Seeds.stream(seed, "augment");
    }

    /** Normalization only. */
    public static Feeder plain(Backend backend, Dataset dataset, Normalization norm) {
        return new Feeder(backend, dataset, norm, 0, false, false, 0);
    }

    /** The standard augmentation of small images: pad 4, random crop, random left-right flip, normalize. */
    public static Feeder augmenting(Backend backend, Dataset dataset, Normalization norm, long seed) {
        return new Feeder(backend, dataset, norm, 4, true, true, seed);
    }

    /** Random left-right flip and normalization, for images that were cropped at random when they were read. */
    public static Feeder flipping(Backend backend, Dataset dataset, Normalization norm, long seed) {
        return new Feeder(backend, dataset, norm, 0, true, true, seed);
    }

    /**
     * The input (N, C, H, W) of a batch, owned by the current scope.
     *
     * @param counter number of samples fed before this batch; with the seed it fixes every crop and flip
     */
    public Tensor images(Batch batch, long counter) {
        int n = batch.size();
        Scope scope = Scope.current();
        long size = (long) n * dataset.shape().bytes();
        Storage bytes = scope.own(backend.memory().allocate(DType.UINT8, size));
        backend.transfer().upload(batch.images(), bytes);
        Storage indices = scope.own(backend.memory().allocate(DType.INT32, n));
        backend.transfer().upload(identity(n), indices);
        return images(bytes, indices, n, counter);
    }

    private Tensor images(Storage bytes, Storage indices, int n, long counter) {
        int c = dataset.shape().channels();
        int h = dataset.shape().height();
        int w = dataset.shape().width();
        AugmentSpec spec =
                new AugmentSpec(n, c, h, w, h, w, pad, random, flip, normalization.mean(), normalization.std());
        Scope scope = Scope.current();
        Shape shape = Shape.of(n, c, h, w);
        Storage x = scope.own(backend.memory().activation(shape.dims()));
        backend.augment().batch(spec, bytes, indices, seed, counter, x);
        return Tensor.wrap(backend, shape, x);
    }

    /**
     * The input made of what lies on the device already, owned by the current scope.
     *
     * @param bytes UINT8, images
     * @param indices INT32: element {@code from + i} says which of them image i is
     * @param labels INT32: element {@code from + i} is the label of image i
     * @param share how many images, and what of the step they are
     * @param counter number of samples fed before
     */
    InputSource.Input input(Storage bytes, Storage indices, Storage labels, int from, Share share, long counter) {
        int n = share.images();
        Tensor x = images(bytes, part(indices, from, n), n, counter);
        Tensor y = Tensor.wrap(backend, Shape.of(n), part(labels, from, n));
        return new InputSource.Input(x, y, share.counted(), share.batch());
    }

    private Storage part(Storage numbers, int from, int n) {
        Storage part = Scope.current().own(backend.memory().allocate(DType.INT32, n));
        backend.transfer().slice(numbers, from, part);
        return part;
    }

    /** The labels (N) as INT32, owned by the current scope. */
    public Tensor labels(Batch batch) {
        int[] labels = batch.labels();
        int n = batch.size();
        Storage storage = Scope.current().own(backend.memory().allocate(DType.INT32, n));
        backend.transfer().upload(labels.length == n ? labels : Arrays.copyOf(labels, n), storage);
        return Tensor.wrap(backend, Shape.of(n), storage);
    }

    private int[] identity(int n) {
        if (identity.length != n) {
            identity = new int[n];
            for (int i = 0; i < n; i++) identity[i] = i;
        }
        return identity;
    }
}
