package greg.bench.gpu;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.cuda.CudaBackend;
import greg.kernels.cuda.DeviceTimer;
import greg.kernels.cuda.StepGraph;
import java.util.function.IntConsumer;

/** Times one kind of work by events, in each {@link Mode}. */
final class Stopwatch implements AutoCloseable {
    /** Reads of the scratch memory: a few hundred microseconds, during which the host issues what is timed. */
    private static final int READS = 4;

    private final CudaBackend backend;
    private final int loop;
    private final Storage scratch;
    private final Storage sum;
    private final DeviceTimer timer;

    /**
     * Prepares.
     *
     * @param loop launches in {@link Mode#LOOP}
     * @param scratchBytes to be read before a measurement, several times the level-2 cache: the cache then holds nothing of
     *     the data, and nothing that has yet to be written
     */
    Stopwatch(CudaBackend backend, int loop, long scratchBytes) {
        this.backend = backend;
        this.loop = loop;
        scratch = backend.memory().allocate(DType.FLOAT32, scratchBytes / Float.BYTES);
        sum = backend.memory().allocate(DType.FLOAT32, 1);
        backend.transfer().fill(scratch, 1);
        timer = backend.timer();
    }

    /** A graph that runs each copy once; the kernels must have run before. */
    StepGraph graph(int copies, IntConsumer run) {
        return backend.capture(() -> each(copies, run));
    }

    private static void each(int copies, IntConsumer run) {
        for (int c = 0; c < copies; c++) run.accept(c);
    }

    /** Microseconds of one run. */
    double sample(Mode mode, int copies, IntConsumer run, StepGraph graph) {
        if (mode == Mode.LOOP) {
            backend.synchronize();
            timer.start();
            for (int i = 0; i < loop; i++) run.accept(0);
            timer.stop();
            return timer.microseconds() / loop;
        }
        for (int i = 0; i < READS; i++) backend.reduction().sum(scratch.length(), scratch, sum);
        timer.start();
        if (mode == Mode.GRAPH) graph.launch();
        else each(copies, run);
        timer.stop();
        return timer.microseconds() / copies;
    }

    @Override
    public void close() {
        timer.close();
        scratch.release();
        sum.release();
    }
}
