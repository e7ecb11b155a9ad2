package greg.kernels.cpu;

import greg.kernels.KernelException;
import greg.kernels.UpdateSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * Distributes parameters over a few Java threads where there are many weights. Small networks stay on the calling thread:
 * waking another one costs more than it saves, and it would compete with oneDNN's spinning workers for a core.
 */
final class UpdateTeam {
    /** From this many weights on, sharing the update between threads is worth it. */
    static final long PARALLEL_WEIGHTS = 4_000_000;

    private final int threads;
    private final long parallelWeights;
    private final List<UpdateWorker> workers = new ArrayList<>();
    private ExecutorService executor;

    /** @param parallelWeights from how many weights on an update is shared, {@link #PARALLEL_WEIGHTS} but in tests */
    UpdateTeam(int threads, long parallelWeights) {
        this.threads = threads;
        this.parallelWeights = parallelWeights;
        workers.add(new UpdateWorker());
    }

    /** Applies {@code action} once to every slot. */
    void run(List<UpdateSlot> table, BiConsumer<UpdateWorker, UpdateSlot> action) {
        if (!shares(table)) {
            for (UpdateSlot slot : table) action.accept(workers.get(0), slot);
            return;
        }
        share(table, action);
    }

    /** Whether other threads take part in an update of these slots. */
    boolean shares(List<UpdateSlot> table) {
        long weights = 0;
        for (UpdateSlot slot : table) weights += slot.weight().length();
        return threads > 1 && table.size() > 1 && weights >= parallelWeights;
    }

    private void share(List<UpdateSlot> table, BiConsumer<UpdateWorker, UpdateSlot> action) {
        if (executor == null) {
            executor = Executors.newFixedThreadPool(threads - 1, task -> {
                Thread thread = new Thread(task, "greg-update");
                thread.setDaemon(true);
                return thread;
            });
            while (workers.size() < threads) workers.add(new UpdateWorker());
        }
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> others = new ArrayList<>();
        for (int t = 1; t < threads; t++) {
            UpdateWorker worker = workers.get(t);
            others.add(executor.submit(() -> drain(table, next, worker, action)));
        }
        try {
            drain(table, next, workers.get(0), action);
        } finally {
            others.forEach(UpdateTeam::join);
        }
    }

    private static void drain(
            List<UpdateSlot> table,
            AtomicInteger next,
            UpdateWorker worker,
            BiConsumer<UpdateWorker, UpdateSlot> action) {
        for (int i = next.getAndIncrement(); i < table.size(); i = next.getAndIncrement()) {
            action.accept(worker, table.get(i));
        }
    }

    private static void join(Future<?> other) {
        try {
            other.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KernelException("update: interrupted while waiting for the other threads", e);
        } catch (ExecutionException e) {
            throw new KernelException("update: a thread failed: " + e.getCause().getMessage(), e.getCause());
        }
    }

    void close() {
        if (executor != null) executor.shutdown();
    }
}
