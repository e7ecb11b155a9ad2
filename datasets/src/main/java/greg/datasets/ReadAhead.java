package greg.datasets;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Daemon threads that read the batches of one epoch ahead of who uses them. They share the images of a batch one by one, and
 * begin the next batch while the last images of this one are being read; batches come out complete and in their order, so
 * nothing depends on the number of threads. They sleep while all buffers are full.
 */
final class ReadAhead implements AutoCloseable {
    private static final long REPEAT_INTERRUPT_MILLIS = 100;

    /** What is read. */
    interface Source {
        /** How many images the {@code number}-th batch of the epoch has. */
        int size(int number);

        /** Writes the image at {@code place} of that batch into it, with its label; called by several threads at a time. */
        void read(int number, int place, Batch batch);
    }

    /** A batch in the making. */
    private static final class Filling {
        final int number;
        final int size;
        final Batch batch;
        final AtomicInteger nextPlace = new AtomicInteger();
        final CountDownLatch missing;
        /** Of the images that cannot be read the first in the batch, whichever thread met one first. */
        private int failedPlace = Integer.MAX_VALUE;

        private Throwable failure;

        Filling(int number, int size, Batch batch) {
            this.number = number;
            this.size = size;
            this.batch = batch;
            missing = new CountDownLatch(size);
        }

        synchronized void failed(int place, Throwable why) {
            if (place > failedPlace) return;
            failedPlace = place;
            failure = why;
        }

        synchronized Throwable failure() {
            return failure;
        }
    }

    private final Source source;
    private final int end;
    private final ArrayBlockingQueue<Batch> free;
    /** In the order of the batches; a thread that has begun one puts it here. */
    private final ArrayBlockingQueue<Filling> begun;

    private final List<Thread> threads = new ArrayList<>();
    /** Held by the thread that begins a batch, perhaps while it waits for a buffer: then there is nothing else to do. */
    private final ReentrantLock beginning = new ReentrantLock();

    private Filling newest;
    private int nextNumber;
    private volatile boolean stopping;
    /** What the consumer has taken, and waits for or uses. */
    private Filling taken;

    private boolean lent;

    /**
     * Starts reading.
     *
     * @param name of the threads
     * @param ring the buffers, of which one is lent to the consumer
     * @param count of threads
     * @param first number of the first batch
     * @param end number after the last batch
     */
    ReadAhead(String name, Batch[] ring, int count, int first, int end, Source source) {
        this.source = source;
        this.end = end;
        nextNumber = first;
        free = new ArrayBlockingQueue<>(ring.length, false, List.of(ring));
        begun = new ArrayBlockingQueue<>(ring.length);
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(this::read, name + (count == 1 ? "" : "-" + i));
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /**
     * The next batch, waiting for it if necessary; the one before is overwritten from now on.
     *
     * @throws InterruptedException if the wait was interrupted; the next call waits for the same batch
     * @throws ExecutionException if an image of it could not be read; the cause says why, also at each further call
     */
    Batch take() throws InterruptedException, ExecutionException {
        if (lent) {
            free.add(taken.batch);
            taken = null;
            lent = false;
        }
        if (taken == null) taken = begun.take();
        taken.missing.await();
        Throwable failure = taken.failure();
        if (failure != null) throw new ExecutionException(failure);
        lent = true;
        return taken.batch;
    }

    /** Body of the threads. */
    private void read() {
        try {
            for (Filling filling = after(null); filling != null; filling = after(filling)) {
                for (int place; !stopping && (place = filling.nextPlace.getAndIncrement()) < filling.size; ) {
                    try {
                        source.read(filling.number, place, filling.batch);
                    } catch (Throwable e) { // an Error too must reach the consumer, who would otherwise wait forever
                        filling.failed(place, e);
                    } finally {
                        filling.missing.countDown();
                    }
                }
            }
        } catch (InterruptedException e) {
            // only close() interrupts these threads, to end them
        }
    }

    /** The newest batch, or if this is {@code done}, of which all images are taken, another one; null at the end. */
    private Filling after(Filling done) throws InterruptedException {
        beginning.lockInterruptibly();
        try {
            if (newest == done) {
                if (nextNumber == end || stopping) return null;
                Batch batch = free.take();
                int size = source.size(nextNumber);
                batch.size(size);
                newest = new Filling(nextNumber++, size, batch);
                begun.add(newest);
            }
            return newest;
        } finally {
            beginning.unlock();
        }
    }

    /** Ends the threads and waits for it; an interrupt of the caller meanwhile is kept. */
    @Override
    public void close() {
        stopping = true;
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                // all of them, and again each round: a decoder may have swallowed the last one
                threads.forEach(Thread::interrupt);
                try {
                    thread.join(REPEAT_INTERRUPT_MILLIS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
