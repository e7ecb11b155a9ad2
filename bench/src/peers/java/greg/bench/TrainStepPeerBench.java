package greg.bench;

import greg.bench.peers.TorchStep;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The training step of {@link TrainStepWorkload} in libtorch, in ms per step; the other half of {@code TrainStepBench}.
 *
 * <p>Run with {@code java -jar bench/target/benchmarks.jar TrainStep -prof greg.bench.ForeignLoad}. Read the median
 * ({@code p0.50}): single steps that another process disturbed pull the mean.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 4, time = 3)
@Measurement(iterations = 8, time = 5)
@Fork(
        value = 2,
        jvmArgsAppend = {BenchJvm.HEAP, BenchJvm.GC, BenchJvm.NO_JAVACPP_BYTES, BenchJvm.NO_JAVACPP_RSS})
public class TrainStepPeerBench {
    /** Network, as {@link TrainStepWorkload#of} names it. */
    @Param({"resnet20", "resnet56"})
    public String arch;

    /** Images in a step. */
    @Param("128")
    public int batch;

    /** Intra-op threads. */
    @Param("2")
    public int threads;

    /** Memory order of libtorch's tensors. */
    @Param
    public TorchStep.MemoryFormat format;

    private TorchStep step;

    /** Builds the network anew for each trial. */
    @Setup
    public void build() {
        step = new TorchStep(TrainStepWorkload.of(arch, batch), threads, format);
    }

    /** Frees the native memory, and rejects the time of a network that does not learn. */
    @TearDown
    public void close() {
        float loss = step.loss();
        step.close();
        if (!(loss < Math.log(TrainStepWorkload.CLASSES))) {
            throw new IllegalStateException("TrainStepPeerBench: the loss should have fallen below ln "
                    + TrainStepWorkload.CLASSES + " on its one batch, it is " + loss);
        }
    }

    /** One step; returns the loss. */
    @Benchmark
    public float libtorch() {
        step.step();
        return step.loss();
    }
}
