package greg.bench;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Penalty, weight decay, momentum, step and group norms over all parameters of a ResNet, in one call, and its parts; against a
 * copy that moves as many bytes as the update. The line {@code :bytes} of each has bytes per second: those that must be read and
 * written, every array once.
 *
 * <p>With {@code -p device=cuda} a run is the call and the wait for it, as a host sees it; {@link
 * greg.bench.gpu.PenaltyGpu} has the GPU's own times.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {BenchJvm.HEAP, BenchJvm.GC, BenchJvm.NO_JAVACPP_BYTES, BenchJvm.NO_JAVACPP_RSS})
public class PenaltyBench {
    /** The network, as {@link ParameterSet#of} names it; resnet50 is worth a run too. */
    @Param({"resnet20", "resnet56"})
    public String arch;

    /** Compute threads. */
    @Param("2")
    public int threads;

    /** Backend: {@code cpu}, {@code cuda}, {@code reference}. */
    @Param("cpu")
    public String device;

    private Backend backend;
    private ParameterSet set;
    private final Map<PenaltyKernel, ParameterCopy> data = new EnumMap<>(PenaltyKernel.class);
    private Storage from;
    private Storage to;

    /** Bytes moved, as JMH reports them per unit of time. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Traffic {
        /** Bytes that the operation must read and write. */
        public long bytes;
    }

    /** Every convolution has a penalty per filter, as in the growing phase. */
    @Setup
    public void build() {
        backend = Backends.open(device, new BackendOptions(threads, 0));
        set = ParameterSet.of(arch);
        for (PenaltyKernel kernel : PenaltyKernel.values()) {
            data.put(kernel, new ParameterCopy(backend, set, kernel, kernel.ordinal()));
        }
        long length = PenaltyKernel.UPDATE.bytes(set) / (2 * Float.BYTES);
        from = backend.memory().allocate(DType.FLOAT32, length);
        to = backend.memory().allocate(DType.FLOAT32, length);
        backend.transfer().fill(from, 1);
        backend.transfer().fill(to, 0);
    }

    private void run(PenaltyKernel kernel, Traffic traffic) {
        ParameterCopy copy = data.get(kernel);
        kernel.run(backend, copy.lr(), copy.slots());
        backend.synchronize();
        traffic.bytes += kernel.bytes(set);
    }

    /** The fused update. */
    @Benchmark
    public void update(Traffic traffic) {
        run(PenaltyKernel.UPDATE, traffic);
    }

    /** The fused update with a mask on every weight. */
    @Benchmark
    public void updateMasked(Traffic traffic) {
        run(PenaltyKernel.MASKED, traffic);
    }

    /** The penalty's gradient alone. */
    @Benchmark
    public void penaltyGradient(Traffic traffic) {
        run(PenaltyKernel.GRADIENT, traffic);
    }

    /** The group norms alone. */
    @Benchmark
    public void groupNorms(Traffic traffic) {
        run(PenaltyKernel.L1, traffic);
    }

    /** What moving the update's bytes costs: one copy, half of them read and half written. */
    @Benchmark
    public void copy(Traffic traffic) {
        backend.transfer().copy(from, to);
        backend.synchronize();
        traffic.bytes += from.bytes() + to.bytes();
    }

    /** Frees everything. */
    @TearDown
    public void close() {
        data.values().forEach(ParameterCopy::close);
        from.release();
        to.release();
        backend.close();
    }
}
