package greg.bench;

import greg.datasets.random.SplitMix;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.spec.Conv2dSpec;
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
 * The convolutions of ResNet-56 on 32x32 images, each pass on its own, in ms. Multiply-accumulates of a pass: {@link
 * Conv2dSpec#macs()}.
 *
 * <p>Activations are as in a training step: the input has been written by a kernel, in the layout the backend prefers. The
 * weight counts as changed in every call, as in training.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {BenchJvm.HEAP, BenchJvm.GC, BenchJvm.NO_JAVACPP_BYTES, BenchJvm.NO_JAVACPP_RSS})
public class Conv2dBench {
    /** in-channels, size, out-channels, stride; 3x3, padding 1. */
    @Param({"3-32-16-1", "16-32-16-1", "16-32-32-2", "32-16-32-1", "32-16-64-2", "64-8-64-1"})
    public String shape;

    /** Images. */
    @Param("128")
    public int batch;

    /** Compute threads. */
    @Param("2")
    public int threads;

    /** Backend. */
    @Param("cpu")
    public String device;

    private Backend backend;
    private Conv2dSpec spec;
    private Storage x;
    private Storage w;
    private Storage y;
    private Storage dx;
    private Storage dw;

    /** Fills the operands with seeded noise and runs the forward pass once. */
    @Setup
    public void build() {
        backend = Backends.open(device, new BackendOptions(threads, 0));
        String[] part = shape.split("-");
        int in = Integer.parseInt(part[0]);
        int size = Integer.parseInt(part[1]);
        spec = Conv2dSpec.of(batch, in, size, size, Integer.parseInt(part[2]), 3, Integer.parseInt(part[3]), 1);
        x = noise(spec.xDims(), 1);
        w = noise(spec.wDims(), 2);
        y = noise(spec.yDims(), 3);
        dx = noise(spec.xDims(), 4);
        dw = noise(spec.wDims(), 5);
        if (in > 3) {
            // a convolution's data gradient has the layout that activations of this size get, unlike plain noise
            backend.conv2d().backwardData(Conv2dSpec.of(batch, in, size, size, in, 3, 1, 1), square(in), x, dx);
            backend.transfer().copy(dx, x);
        }
        backend.conv2d().forward(spec, x, w, null, y);
    }

    private Storage square(int channels) {
        return noise(new int[] {channels, channels, 3, 3}, 6);
    }

    private Storage noise(int[] dims, long seed) {
        int length = 1;
        for (int d : dims) length *= d;
        float[] values = new float[length];
        SplitMix random = SplitMix.of(seed, "bench");
        for (int i = 0; i < length; i++) values[i] = (float) random.gaussian();
        Storage storage = backend.memory().allocate(DType.FLOAT32, length);
        backend.transfer().upload(values, storage);
        return storage;
    }

    /** y from x and w. */
    @Benchmark
    public Storage forward() {
        w.touch();
        backend.conv2d().forward(spec, x, w, null, y);
        backend.synchronize();
        return y;
    }

    /** dx from w and y's gradient (y itself stands in for it). */
    @Benchmark
    public Storage backwardData() {
        w.touch();
        backend.conv2d().backwardData(spec, w, y, dx);
        backend.synchronize();
        return dx;
    }

    /** dw from x and y's gradient. */
    @Benchmark
    public Storage backwardWeights() {
        backend.conv2d().backwardWeights(spec, x, y, dw, null);
        backend.synchronize();
        return dw;
    }

    /** Frees everything. */
    @TearDown
    public void close() {
        for (Storage s : new Storage[] {x, w, y, dx, dw}) s.release();
        backend.close();
    }
}
