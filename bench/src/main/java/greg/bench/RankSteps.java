package greg.bench;

import greg.datasets.Share;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.Processes;
import greg.kernels.mpi.Mpi;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import greg.nn.train.InputSource;
import greg.nn.train.Metrics;
import greg.nn.train.TrainStep;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Training steps of several processes, and what of them the sums of gradients take: started by {@code mpirun}, or alone.
 *
 * <pre>mpirun -n 2 java -cp bench/target/benchmarks.jar greg.bench.RankSteps ARCH BATCH STEPS THREADS</pre>
 *
 * <p>BATCH is that of all processes together. {@code -Dgreg.mpi.overlap=true} or {@code false} says whether
 * sums run behind the backward pass. Rank 0 prints medians: of a step, and of the part of it in which the computing thread waits for sums.
 */
public final class RankSteps {
    private static final int WARM = 5;

    private RankSteps() {}

    /** Arguments: architecture, images of a step on all ranks, steps, threads of a rank. */
    public static void main(String[] args) {
        if (args.length != 4) {
            System.err.println("usage: RankSteps ARCH BATCH STEPS THREADS, as in RankSteps resnet56 128 20 1");
            System.exit(2);
        }
        try (Mpi mpi = Mpi.join(false)) {
            run(
                    args[0],
                    Integer.parseInt(args[1]),
                    Integer.parseInt(args[2]),
                    Integer.parseInt(args[3]),
                    new Watched(mpi));
        }
    }

    private static void run(String arch, int batch, int steps, int threads, Watched group) {
        Share share = Share.of(batch, group.rank(), group.size());
        Random random = new Random(group.rank());
        float[] pixels = new float[share.images() * 3 * 32 * 32];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) random.nextGaussian();
        int[] classes = random.ints(share.images(), 0, 10).toArray();
        double[] times = new double[steps];
        double[] waits = new double[steps];
        try (Backend backend = Backends.open("cpu", new BackendOptions(threads, 0).processes(group));
                NnModule network = Networks.createInitialized(arch, backend, 3, 32, 10, 1);
                Sgd sgd = new Sgd(network, 0.9f, 5e-4f);
                Metrics metrics = new Metrics(backend);
                TrainStep step = new TrainStep(network, sgd, metrics);
                Tensor images = Tensor.of(backend, Shape.of(share.images(), 3, 32, 32), pixels);
                Tensor labels = Tensor.ofInts(backend, Shape.of(share.images()), classes)) {
            network.train(true);
            sgd.learningRate(1e-3f);
            for (int i = -WARM; i < steps; i++) {
                group.waited = 0;
                group.bytes = 0;
                long start = System.nanoTime();
                step.run(() -> new InputSource.Input(images, labels, share.counted(), batch));
                if (i < 0) continue;
                times[i] = (System.nanoTime() - start) * 1e-6;
                waits[i] = group.waited * 1e-6;
            }
            backend.collectives().sum(new double[1]); // all have finished
        }
        if (group.rank() > 0) return;
        Arrays.sort(times);
        Arrays.sort(waits);
        System.out.printf(
                Locale.ROOT,
                "%s, batch %d, %d ranks of %d threads: %.1f ms a step, %.2f of them waiting for sums of %.2f MB%n",
                arch,
                batch,
                group.size(),
                threads,
                times[steps / 2],
                waits[steps / 2],
                group.bytes * 1e-6);
    }

    /** MPI's processes, with the time that is spent waiting for sums. */
    private static final class Watched implements Processes {
        private final Mpi mpi;
        private long waited;
        private long bytes;

        Watched(Mpi mpi) {
            this.mpi = mpi;
        }

        @Override
        public int rank() {
            return mpi.rank();
        }

        @Override
        public int size() {
            return mpi.size();
        }

        @Override
        public boolean syncBatchNorm() {
            return false;
        }

        @Override
        public void sum(DoubleBuffer values) {
            mpi.sum(values);
        }

        @Override
        public Future<?> startSum(FloatBuffer values) {
            bytes += (long) Float.BYTES * values.remaining();
            Future<?> sum = mpi.startSum(values);
            FutureTask<Void> watched =
                    new FutureTask<>(() -> {
                        long start = System.nanoTime();
                        sum.get();
                        waited += System.nanoTime() - start;
                        return null;
                    }) {
                        @Override
                        public Void get() throws InterruptedException, ExecutionException {
                            run(); // by the thread that waits, and once
                            return super.get();
                        }
                    };
            return watched;
        }

        @Override
        public void broadcast(ByteBuffer values, int root) {
            mpi.broadcast(values, root);
        }

        @Override
        public void abort(int exitCode) {
            mpi.abort(exitCode);
        }
    }
}
