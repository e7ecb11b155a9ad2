package greg.kernels;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Ranks that are threads of this process, in place of processes: sums are added in the order of the ranks, in double. */
public final class Ranks {
    private final int size;
    private final boolean syncBatchNorm;
    private final CyclicBarrier barrier;
    private final double[][] parts;
    private final byte[][] letters;

    private Ranks(int size, boolean syncBatchNorm) {
        this.size = size;
        this.syncBatchNorm = syncBatchNorm;
        barrier = new CyclicBarrier(size);
        parts = new double[size][];
        letters = new byte[size][];
    }

    /** What each of {@code size} ranks returns, from rank 0 on; an exception of one of them ends all. */
    public static <T> List<T> run(int size, boolean syncBatchNorm, Function<Processes, T> body) {
        Ranks ranks = new Ranks(size, syncBatchNorm);
        ExecutorService threads = Executors.newFixedThreadPool(size);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int rank = 0; rank < size; rank++) {
                Member member = ranks.new Member(rank);
                Callable<T> guarded = () -> {
                    try {
                        return body.apply(member);
                    } catch (Throwable e) {
                        ranks.barrier.reset(); // the others wait for this one
                        throw e;
                    }
                };
                futures.add(threads.submit(guarded));
            }
            List<T> results = new ArrayList<>();
            RuntimeException first = null;
            for (Future<T> future : futures) {
                try {
                    results.add(future.get());
                } catch (ExecutionException e) {
                    boolean follows = e.getCause().getCause() instanceof BrokenBarrierException;
                    if (first == null || !follows) first = new IllegalStateException(e.getCause());
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            if (first != null) throw first;
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private final class Member implements Processes {
        private final int rank;

        Member(int rank) {
            this.rank = rank;
        }

        private void meet() {
            try {
                barrier.await();
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new IllegalStateException("rank " + rank + " is left alone", e);
            }
        }

        private double[] summed(double[] own) {
            parts[rank] = own;
            meet();
            double[] sum = new double[own.length];
            for (double[] part : parts) {
                if (part.length != own.length) throw new IllegalStateException("ranks sum different things");
                for (int i = 0; i < sum.length; i++) sum[i] += part[i];
            }
            meet();
            return sum;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public boolean syncBatchNorm() {
            return syncBatchNorm;
        }

        @Override
        public void sum(DoubleBuffer values) {
            double[] own = new double[values.remaining()];
            values.get(0, own);
            values.put(0, summed(own));
        }

        @Override
        public Future<?> startSum(FloatBuffer values) {
            double[] own = new double[values.remaining()];
            for (int i = 0; i < own.length; i++) own[i] = values.get(i);
            double[] sum = summed(own);
            for (int i = 0; i < own.length; i++) values.put(i, (float) sum[i]);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void broadcast(ByteBuffer bytes, int root) {
            byte[] own = new byte[bytes.remaining()];
            bytes.get(0, own);
            letters[rank] = own;
            meet();
            bytes.put(0, letters[root]);
            meet();
        }

        @Override
        public void abort(int exitCode) {
            throw new IllegalStateException("aborted with " + exitCode);
        }
    }
}
