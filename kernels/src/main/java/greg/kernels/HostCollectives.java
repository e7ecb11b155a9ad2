package greg.kernels;

import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Collectives of a backend whose storages lie in host memory: what is summed together travels in one buffer. */
public abstract class HostCollectives extends GroupCollectives {
    private final Processes group;
    private final boolean behind;
    private final Deque<Sum> begun = new ArrayDeque<>();
    /** Buffers that nobody uses, by length. */
    private final Map<Integer, Deque<FloatBuffer>> free = new HashMap<>();

    /** A sum under way. */
    private record Sum(List<Storage> values, FloatBuffer buffer, float factor, Future<?> result) {}

    /**
     * Of this group.
     *
     * @param behind whether sums run beside what is computed; if not, each is waited for where it begins. MPI polls, so without a core
     *     of its own a sum takes more from the computation than it would cost before it.
     */
    protected HostCollectives(Processes group, boolean behind) {
        super(group);
        this.group = group;
        this.behind = behind;
    }

    /** Copies the elements to a buffer, from its position on, in an order that is the same on all ranks. */
    protected abstract void read(Storage values, FloatBuffer into);

    /** Copies the elements from a buffer, from its position on, as {@link #read} has left them. */
    protected abstract void write(FloatBuffer from, Storage values);

    @Override
    public void startSum(List<Storage> values) {
        start(values, 1);
    }

    @Override
    public void startMean(List<Storage> values) {
        start(values, 1f / size());
    }

    private void start(List<Storage> values, float factor) {
        if (values.isEmpty()) return;
        int length = Math.toIntExact(values.stream().mapToLong(Storage::length).sum());
        Deque<FloatBuffer> unused = free.computeIfAbsent(length, any -> new ArrayDeque<>());
        FloatBuffer buffer = unused.isEmpty() ? floats(length) : unused.pop();
        buffer.clear();
        for (Storage part : values) read(part, buffer);
        buffer.flip();
        Future<?> result = group.startSum(buffer);
        if (!behind) finish(result);
        begun.add(new Sum(new ArrayList<>(values), buffer, factor, result));
    }

    private static FloatBuffer floats(int length) {
        return direct(Math.multiplyExact(length, Float.BYTES)).asFloatBuffer();
    }

    @Override
    public void await() {
        while (!begun.isEmpty()) {
            Sum sum = begun.remove();
            finish(sum.result);
            FloatBuffer buffer = sum.buffer;
            if (sum.factor != 1) {
                for (int i = 0; i < buffer.limit(); i++) buffer.put(i, buffer.get(i) * sum.factor);
            }
            buffer.rewind();
            for (Storage part : sum.values) write(buffer, part);
            free.get(buffer.capacity()).push(buffer);
        }
    }

    private static void finish(Future<?> result) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    result.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true; // the other ranks have begun the sum, so it has to end
                }
            }
        } catch (ExecutionException e) {
            throw new KernelException(
                    "sum over all ranks failed: " + e.getCause().getMessage(), e.getCause());
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}
