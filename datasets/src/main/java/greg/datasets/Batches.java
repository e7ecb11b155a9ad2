package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.ExecutionException;

/**
 * Cuts a data set into batches, in an order that depends on (seed, epoch) alone, and reads ahead on daemon threads: on as
 * many as the data set is worth ({@link Dataset#workers}), with the same bits whatever their number.
 *
 * <pre>{@code
 * try (Batches batches = new Batches(train, 128, true, seed, true, 2)) {
 *     for (int e = 0; e < epochs; e++) {
 *         batches.epoch(e);
 *         while (batches.hasNext()) {
 *             Batch batch = batches.next(); // valid until the following next(), epoch() or close()
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>With {@link #randomCrops} the images are random windows, which depend on (seed, epoch, index of the image) alone.
 *
 * <p>The buffers form a ring of {@code prefetch + 1}; no other is allocated. The reading threads sleep while the ring is full,
 * they never spin, so that they take no core from the workers of a compute library. One thread may use a loader at a time.
 */
public final class Batches implements AutoCloseable {

    private final Dataset dataset;
    private final int batchSize;
    private final boolean shuffle;
    private final long seed;
    private final int prefetch;
    /** The data set, if random windows of its images are read; otherwise null. */
    private final CropSource crops;

    private final int batchesPerEpoch;

    private final Batch[] ring;
    /** Of the epoch in progress; null without prefetch. */
    private ReadAhead ahead;

    private int rank;
    private int ranks = 1;
    private int[] order;
    private int epoch = -1;
    private int nextBatch;
    private boolean closed;

    /**
     * A loader; call {@link #epoch(int)} before the first {@link #next()}.
     *
     * @param dataset what to read; must be safe to read from another thread
     * @param batchSize images per batch
     * @param shuffle a new order each epoch, or the order of the data set
     * @param seed fixes the orders
     * @param dropLast leave out the last batch if it is not full
     * @param prefetch batches read ahead; 0 reads in {@link #next()}, without a thread
     * @throws IllegalArgumentException if a number is out of range, or dropping the last batch would leave none
     */
    public Batches(Dataset dataset, int batchSize, boolean shuffle, long seed, boolean dropLast, int prefetch) {
        this(dataset, null, batchSize, shuffle, seed, dropLast, prefetch);
    }

    private Batches(
            Dataset dataset,
            CropSource crops,
            int batchSize,
            boolean shuffle,
            long seed,
            boolean dropLast,
            int prefetch) {
        this.crops = crops;
        this.dataset = Objects.requireNonNull(dataset, "dataset");
        if (batchSize < 1 || prefetch < 0) {
            throw new IllegalArgumentException("batches of " + dataset.name()
                    + ": expected a batch size of at least 1 and a prefetch depth of at least 0, got " + batchSize
                    + " and " + prefetch);
        }
        if (dropLast && dataset.size() > 0 && dataset.size() < batchSize) {
            throw new IllegalArgumentException("batches of " + dataset.name() + ": " + dataset.size()
                    + " images make no full batch of " + batchSize
                    + ", and incomplete batches are dropped; use a smaller batch size");
        }
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.seed = seed;
        this.prefetch = prefetch;
        int full = dataset.size() / batchSize;
        batchesPerEpoch = dropLast || dataset.size() % batchSize == 0 ? full : full + 1;
        ring = new Batch[prefetch + 1];
        for (int i = 0; i < ring.length; i++) {
            ring[i] = new Batch(
                    Math.min(batchSize, Math.max(dataset.size(), 1)),
                    dataset.shape().bytes());
        }
    }

    /**
     * A loader for training on random windows of the images ({@link CropSource#randomCrop}), other ones in each epoch.
     *
     * @param seed fixes orders and windows
     * @throws IllegalArgumentException if a number is out of range, or dropping the last batch would leave none
     */
    public static Batches randomCrops(
            CropSource dataset, int batchSize, boolean shuffle, long seed, boolean dropLast, int prefetch) {
        return new Batches(dataset, dataset, batchSize, shuffle, seed, dropLast, prefetch);
    }

    /**
     * The order of one shuffled epoch: Fisher-Yates ({@code for i = n-1 .. 1: swap(i, random 0..i)}) driven by {@link
     * SplitMix} from the stream {@code shuffle} of (seed, epoch). It must never change, so that a run can be resumed and
     * repeated.
     *
     * @return a permutation of {@code 0 .. size-1}
     */
    public static int[] permutation(int size, long seed, int epoch) {
        return SplitMix.of(seed, "shuffle", epoch).permutation(size);
    }

    /**
     * From now on reads of every batch only what a process has to compute: {@link Share}. The batches that {@link #next} returns
     * have the images of the share.
     *
     * @param process its number, from 0
     * @param processes how many there are
     * @return this loader
     */
    public Batches share(int process, int processes) {
        if (process < 0 || process >= processes) {
            throw new IllegalArgumentException(
                    "batches of " + dataset.name() + ": expected a process below " + processes + ", got " + process);
        }
        rank = process;
        ranks = processes;
        return this;
    }

    /** What is read of batch {@code number} of an epoch. */
    public Share share(int number) {
        return Share.of(Math.min(batchSize, dataset.size() - number * batchSize), rank, ranks);
    }

    /** Images per batch; the last of an epoch may have fewer. */
    public int batchSize() {
        return batchSize;
    }

    /** Batches in an epoch. */
    public int batchesPerEpoch() {
        return batchesPerEpoch;
    }

    /** The data set that is read. */
    public Dataset dataset() {
        return dataset;
    }

    /** Starts an epoch at its first batch; an epoch in progress is abandoned. */
    public Batches epoch(int number) {
        return epoch(number, 0);
    }

    /**
     * Starts in the middle of an epoch, as when a run is resumed.
     *
     * @param number epoch, from 0
     * @param startBatch number of batches to skip; {@link #batchesPerEpoch()} skips all
     * @return this loader
     * @throws IllegalArgumentException if either is out of range
     */
    public Batches epoch(int number, int startBatch) {
        requireOpen();
        if (number < 0 || startBatch < 0 || startBatch > batchesPerEpoch) {
            throw new IllegalArgumentException("batches of " + dataset.name()
                    + ": expected an epoch from 0 and a first batch in 0.." + batchesPerEpoch + ", got epoch " + number
                    + ", batch " + startBatch);
        }
        stopReading();
        if (order == null || shuffle) {
            order = shuffle ? permutation(dataset.size(), seed, number) : identity(dataset.size());
        }
        epoch = number;
        nextBatch = startBatch;
        if (prefetch > 0 && startBatch < batchesPerEpoch) {
            ahead = new ReadAhead(
                    "greg-batches-" + dataset.name(),
                    ring,
                    dataset.workers(),
                    startBatch,
                    batchesPerEpoch,
                    source(order, number));
        }
        return this;
    }

    /** Whether the epoch has another batch. */
    public boolean hasNext() {
        requireEpoch();
        return nextBatch < batchesPerEpoch;
    }

    /**
     * The next batch, waiting for it if necessary. It replaces the one returned before.
     *
     * @throws NoSuchElementException at the end of the epoch
     * @throws DatasetException if the images could not be read (the cause says why), or the wait was interrupted
     */
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("batches of " + dataset.name() + ": epoch " + epoch + " has "
                    + batchesPerEpoch + " batches and all were read; call epoch(" + (epoch + 1) + ")");
        }
        Batch batch = prefetch == 0 ? readNow() : takeAhead();
        nextBatch++;
        return batch;
    }

    /** Stops the reading threads and waits for their end. Closing twice is harmless. */
    @Override
    public void close() {
        closed = true;
        stopReading();
    }

    private Batch readNow() {
        Batch batch = ring[0];
        ReadAhead.Source source = source(order, epoch);
        batch.size(source.size(nextBatch));
        try {
            for (int place = 0; place < batch.size(); place++) source.read(nextBatch, place, batch);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        return batch;
    }

    private Batch takeAhead() {
        try {
            return ahead.take();
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatasetException(
                    "batches of " + dataset.name() + ": interrupted while waiting for batch " + nextBatch + " of epoch "
                            + epoch,
                    e);
        }
    }

    private DatasetException failed(Throwable cause) {
        return new DatasetException(
                "batch " + nextBatch + " of epoch " + epoch + " of " + dataset.name() + " could not be read: "
                        + (cause instanceof DatasetException ? cause.getMessage() : cause.toString()),
                cause);
    }

    /** The batches of an epoch whose images come in the order {@code work}. */
    private ReadAhead.Source source(int[] work, int of) {
        return new ReadAhead.Source() {
            @Override
            public int size(int number) {
                return share(number).images();
            }

            @Override
            public void read(int number, int place, Batch batch) {
                int index = work[number * batchSize + share(number).first() + place];
                int at = batch.place(place, index, dataset.label(index));
                if (crops == null) dataset.image(index, batch.images(), at);
                else crops.randomCrop(index, seed, of, batch.images(), at);
            }
        };
    }

    private void stopReading() {
        if (ahead != null) ahead.close();
        ahead = null;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("batches of " + dataset.name() + ": closed; make a new loader");
        }
    }

    private void requireEpoch() {
        requireOpen();
        if (epoch < 0) {
            throw new IllegalStateException("batches of " + dataset.name() + ": call epoch(e) before reading");
        }
    }

    private static int[] identity(int size) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            order[i] = i;
        }
        return order;
    }
}
