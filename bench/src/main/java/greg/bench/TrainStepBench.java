package greg.bench;

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
 * The training step of {@link TrainStepWorkload} in greg, in ms per step. Its rival in the same run is {@code
 * TrainStepPeerBench}, which is in the jar when the profile {@code peers} built it.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 4, time = 3)
@Measurement(iterations = 8, time = 5)
@Fork(
        value = 2,
        jvmArgsAppend = {BenchJvm.HEAP, BenchJvm.GC, BenchJvm.NO_JAVACPP_BYTES, BenchJvm.NO_JAVACPP_RSS})
public class TrainStepBench {
    /** Network, as {@link TrainStepWorkload#of} names it. */
    @Param({"resnet20", "resnet56"})
    public String arch;

    /** Images in a step. */
    @Param("128")
    public int batch;

    /** Compute threads. */
    @Param("2")
    public int threads;

    /** Backend. */
    @Param("cpu")
    public String device;

    private GregStep step;
    private float loss;

    /** Builds the network anew for each trial. */
    @Setup
    public void build() {
        step = new GregStep(TrainStepWorkload.of(arch, batch), device, threads);
    }

    /** Frees the native memory, and rejects the time of a network that does not learn. */
    @TearDown
    public void close() {
        step.close();
        if (!(loss < Math.log(TrainStepWorkload.CLASSES))) {
            throw new IllegalStateException("TrainStepBench: the loss should have fallen below ln "
                    + TrainStepWorkload.CLASSES + " on its one batch, it is " + loss);
        }
    }

    /** One step; returns the loss. */
    @Benchmark
    public float greg() {
        loss = step.step();
        return loss;
    }
}
