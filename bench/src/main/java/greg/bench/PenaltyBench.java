package greg.bench;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
 * Penalty, weight decay, momentum, step and group norms over all parameters of a ResNet, in one call; against a copy of the
 * same bytes. The update reads weight, gradient and momentum and writes weight and momentum: 20 bytes an element.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 2,
        jvmArgsAppend = {BenchJvm.HEAP, BenchJvm.GC, BenchJvm.NO_JAVACPP_BYTES, BenchJvm.NO_JAVACPP_RSS})
public class PenaltyBench {
    private static final int BYTES_PER_ELEMENT = 20;

    /** Whose parameters. */
    @Param({"resnet20", "resnet56"})
    public String arch;

    /** Compute threads. */
    @Param("2")
    public int threads;

    /** Backend. */
    @Param("cpu")
    public String device;

    private Backend backend;
    private final List<UpdateSlot> table = new ArrayList<>();
    private final List<Storage> copies = new ArrayList<>();
    private Storage lr;
    private long elements;

    /** Bytes moved, as JMH reports them per unit of time. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Traffic {
        /** Bytes that the operation must read and write. */
        public long bytes;
    }

    /** Every matrix and filter bank has a penalty per filter, as while growing. */
    @Setup
    public void build() {
        backend = Backends.open(device, new BackendOptions(threads, 0));
        Random random = new Random(7);
        TrainStepWorkload.of(arch, 1).shapes().forEach((name, dims) -> {
            int length = 1;
            for (int d : dims) length *= d;
            elements += length;
            GroupIndex groups = dims.length > 1 ? new GroupIndex(dims[0], length / dims[0]) : null;
            table.add(new UpdateSlot(
                    noise(length, random),
                    noise(length, random),
                    noise(length, random),
                    null,
                    groups == null ? null : noise(groups.count(), random),
                    null,
                    groups == null ? null : noise(groups.count(), random),
                    groups));
            copies.add(noise(length, random));
        });
        lr = noise(1, random);
        backend.transfer().fill(lr, 1e-3f);
    }

    private Storage noise(int length, Random random) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) values[i] = 1e-2f * (float) random.nextGaussian();
        Storage storage = backend.memory().allocate(DType.FLOAT32, length);
        backend.transfer().upload(values, storage);
        return storage;
    }

    /** The fused update. */
    @Benchmark
    public void update(Traffic traffic) {
        backend.update().sgd(new SgdSpec(0.9f, 5e-4f, false, false), lr, table);
        backend.synchronize();
        traffic.bytes += BYTES_PER_ELEMENT * elements;
    }

    /** The masked penalty gradient alone: reads weight and gradient, writes gradient. */
    @Benchmark
    public void penaltyGradient(Traffic traffic) {
        backend.penalty().addGradient(table);
        backend.synchronize();
        traffic.bytes += 12 * elements;
    }

    /** What moving bytes costs: one device copy per parameter, 8 bytes an element. */
    @Benchmark
    public void copy(Traffic traffic) {
        for (int i = 0; i < copies.size(); i++)
            backend.transfer().copy(table.get(i).gradient(), copies.get(i));
        backend.synchronize();
        traffic.bytes += 8 * elements;
    }

    /** Frees everything. */
    @TearDown
    public void close() {
        backend.close();
    }
}
