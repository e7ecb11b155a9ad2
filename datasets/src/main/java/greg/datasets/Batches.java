package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Cuts a data set into batches, in an order that depends on (seed, epoch) alone, and reads ahead on a daemon thread.
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
 * <p>The buffers form a ring of {@code prefetch + 1}; nothing is allocated per batch. The reading thread sleeps while the
 * ring is full, it never spins, so that it takes no core from the workers of a compute library. One thread may use a loader
 * at a time.
 */
public final class Batches implements AutoCloseable {

    private static final long REPEAT_INTERRUPT_MILLIS = 100;

    private final Dataset dataset;
    private final int batchSize;
    private final boolean shuffle;
    private final long seed;
    private final int prefetch;
    /** The data set, if random windows of its images are read; otherwise null. */
    private final CropSource crops;

    private final int batchesPerEpoch;

    private final Batch[] ring;
    private final ArrayBlockingQueue<Batch> free;
    private final ArrayBlockingQueue<Batch> ready;
    /** Put into {@link #ready} after {@link #failure} is set, to wake a waiting consumer. */
    private final Batch failureSignal = new Batch(0, 0);

    private volatile Throwable failure;
    private volatile boolean stopping;
    private Thread producer;
    private int[] order;
    private Batch lent;
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
        free = new ArrayBlockingQueue<>(ring.length);
        ready = new ArrayBlockingQueue<>(ring.length + 1);
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
        stopProducer();
        if (order == null || shuffle) {
            order = shuffle ? permutation(dataset.size(), seed, number) : identity(dataset.size());
        }
        epoch = number;
        nextBatch = startBatch;
        if (prefetch > 0 && startBatch < batchesPerEpoch) {
            startProducer();
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
        Batch batch;
        if (prefetch == 0) {
            batch = ring[0];
            try {
                fill(batch, order, nextBatch, epoch);
            } catch (RuntimeException e) {
                throw failed(e);
            }
        } else {
            batch = takeReady();
        }
        nextBatch++;
        return batch;
    }

    /** Stops the reading thread and waits for its end. Closing twice is harmless. */
    @Override
    public void close() {
        closed = true;
        stopProducer();
    }

    private Batch takeReady() {
        if (failure != null && ready.isEmpty()) {
            throw failed(failure);
        }
        if (lent != null) {
            free.add(lent);
            lent = null;
        }
        Batch batch;
        try {
            batch = ready.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatasetException(
                    "batches of " + dataset.name() + ": interrupted while waiting for batch " + nextBatch + " of epoch "
                            + epoch,
                    e);
        }
        if (batch == failureSignal) {
            throw failed(failure);
        }
        lent = batch;
        return batch;
    }

    private DatasetException failed(Throwable cause) {
        return new DatasetException(
                "batch " + nextBatch + " of epoch " + epoch + " of " + dataset.name() + " could not be read: "
                        + (cause instanceof DatasetException ? cause.getMessage() : cause.toString()),
                cause);
    }

    private void startProducer() {
        failure = null;
        stopping = false;
        lent = null;
        ready.clear();
        free.clear();
        for (Batch batch : ring) {
            free.add(batch);
        }
        int[] work = order;
        int start = nextBatch;
        int of = epoch;
        producer = new Thread(() -> produce(work, start, of), "greg-batches-" + dataset.name());
        producer.setDaemon(true);
        producer.start();
    }

    /** Body of the reading thread. */
    private void produce(int[] work, int start, int of) {
        try {
            for (int number = start; number < batchesPerEpoch && !stopping; number++) {
                Batch batch = free.take();
                fill(batch, work, number, of);
                ready.put(batch);
            }
        } catch (InterruptedException e) {
            // only stopProducer interrupts this thread, to end it
            return;
        } catch (Throwable e) { // an Error too must reach the consumer, who would otherwise wait forever
            failure = e;
            ready.add(failureSignal);
        }
    }

    private void fill(Batch batch, int[] work, int number, int of) {
        int first = number * batchSize;
        Batch.Reader reader =
                crops == null ? dataset::image : (index, dst, at) -> crops.randomCrop(index, seed, of, dst, at);
        batch.fill(dataset, reader, work, first, Math.min(batchSize, work.length - first));
    }

    private void stopProducer() {
        if (producer == null) {
            return;
        }
        stopping = true;
        boolean interrupted = false;
        while (producer.isAlive()) {
            producer.interrupt(); // again each round: a decoder may have swallowed the last one
            try {
                producer.join(REPEAT_INTERRUPT_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        producer = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
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
