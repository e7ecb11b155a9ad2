package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.NativeLibrary;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.KernelException;
import greg.kernels.Philox;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.GateSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.kernels.spec.ShortcutSpec;
import greg.kernels.spec.UpsampleNearestSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Batches that end beyond 4 GB, of which only the last images hold anything, and launches of which only the last blocks run: an
 * offset that is computed in 32 bits reads where nothing was written, or leaves the last image alone. Needs the software device,
 * whose memory costs nothing until it is written to.
 */
class LargeTensorsTest {
    /** (C, H, W) with 1024 elements, which is what a block covers that has four for each thread. */
    private static final int[] IMAGE = {8, 8, 16};
    /** Images that hold something. */
    private static final int LAST = 16;
    /** Blocks that run: no launch needs more images for them, nor fewer for the last image. */
    private static final int BLOCKS = 4;
    /** Images: 4 GB and a little of {@link #IMAGE}. */
    private static final int BATCH = (1 << 20) + LAST;

    private static CudaBackend backend;

    /**
     * A kernel that treats each image on its own.
     *
     * @param inputs dimensions of each for one image: (C, H, W), or (C) of a matrix
     * @param output dimensions of the result for one image
     * @param blocks that the whole batch needs
     */
    private record Kernel(String name, List<int[]> inputs, int[] output, int blocks, Call call) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface Call {
        void on(Backend backend, int n, List<Storage> inputs, Storage output, Workspace k);
    }

    private static int[] batch(int n, int... image) {
        int[] dims = new int[image.length + 1];
        dims[0] = n;
        System.arraycopy(image, 0, dims, 1, image.length);
        return dims;
    }

    private static int[] dims(int n) {
        return batch(n, IMAGE);
    }

    private static Kernel same(String name, int inputs, int blocks, Call call) {
        List<int[]> dims = new ArrayList<>();
        for (int i = 0; i < inputs; i++) dims.add(IMAGE);
        return new Kernel(name, dims, IMAGE, blocks, call);
    }

    private static Pool2dSpec pool(Kind kind, int n) {
        return Pool2dSpec.of(kind, n, 8, 8, 16, 3, 1, 1);
    }

    private static Stream<Kernel> kernels() {
        return Stream.of(elementwise(), others()).flatMap(s -> s);
    }

    private static Stream<Kernel> elementwise() {
        int blocks = BATCH;
        return Stream.of(
                same("relu", 1, blocks, (b, n, x, y, k) -> b.elementwise().relu(dims(n), x.get(0), y)),
                same("relu6", 1, blocks, (b, n, x, y, k) -> b.elementwise().relu6(dims(n), x.get(0), y)),
                same("sigmoid", 1, blocks, (b, n, x, y, k) -> b.elementwise().sigmoid(dims(n), x.get(0), y)),
                same("silu", 1, blocks, (b, n, x, y, k) -> b.elementwise().silu(dims(n), x.get(0), y)),
                same("scale", 1, blocks, (b, n, x, y, k) -> b.elementwise().scale(dims(n), -0.3f, x.get(0), y)),
                same("add", 2, blocks, (b, n, x, y, k) -> b.elementwise().add(dims(n), x.get(0), x.get(1), y)),
                same("multiply", 2, blocks, (b, n, x, y, k) -> b.elementwise()
                        .multiply(dims(n), x.get(0), x.get(1), y)),
                same("reluBackward", 2, blocks, (b, n, x, y, k) -> b.elementwise()
                        .reluBackward(dims(n), x.get(0), x.get(1), y)),
                same("relu6Backward", 2, blocks, (b, n, x, y, k) -> b.elementwise()
                        .relu6Backward(dims(n), x.get(0), x.get(1), y)),
                same("sigmoidBackward", 2, blocks, (b, n, x, y, k) -> b.elementwise()
                        .sigmoidBackward(dims(n), x.get(0), x.get(1), y)),
                same("siluBackward", 2, blocks, (b, n, x, y, k) -> b.elementwise()
                        .siluBackward(dims(n), x.get(0), x.get(1), y)),
                same("bias", 1, blocks, (b, n, x, y, k) -> b.elementwise()
                        .bias(new BiasSpec(n, 8, 8, 16, true), x.get(0), k.put(gauss(5, 8)), y)));
    }

    private static Stream<Kernel> others() {
        int[] half = {4, 8, 16};
        int[] matrix = {8};
        return Stream.of(
                new Kernel("gate", List.of(IMAGE, matrix), IMAGE, BATCH, (b, n, x, y, k) -> b.gate()
                        .forward(new GateSpec(n, 8, 8, 16), x.get(0), x.get(1), y)),
                new Kernel("backwardGate", List.of(IMAGE, IMAGE), matrix, BATCH, (b, n, x, y, k) -> b.gate()
                        .backwardGate(new GateSpec(n, 8, 8, 16), x.get(0), x.get(1), y)),
                new Kernel("globalAverage", List.of(IMAGE), matrix, BATCH, (b, n, x, y, k) -> b.pool2d()
                        .globalAverage(n, 8, 8, 16, x.get(0), y)),
                new Kernel("globalAverageBackward", List.of(matrix), IMAGE, BATCH, (b, n, x, y, k) -> b.pool2d()
                        .globalAverageBackward(n, 8, 8, 16, x.get(0), y)),
                same("max pooling", 1, BATCH, (b, n, x, y, k) -> b.pool2d()
                        .forward(pool(Kind.MAX, n), x.get(0), y, null)),
                same("average pooling", 1, BATCH, (b, n, x, y, k) -> b.pool2d()
                        .forward(pool(Kind.AVG, n), x.get(0), y, null)),
                same("average pooling backward", 1, BATCH, (b, n, x, y, k) -> b.pool2d()
                        .backward(pool(Kind.AVG, n), x.get(0), null, y)),
                new Kernel("concat", List.of(half, half), IMAGE, BATCH / 2, (b, n, x, y, k) -> b.concat()
                        .forward(new ConcatSpec(n, List.of(4, 4), 8, 16), x, y)),
                new Kernel("concatBackward", List.of(IMAGE), half, BATCH / 2, (b, n, x, y, k) -> b.concat()
                        .backward(new ConcatSpec(n, List.of(4, 4), 8, 16), 1, x.get(0), y)),
                same("shortcut", 1, BATCH, (b, n, x, y, k) -> b.shortcut()
                        .forward(new ShortcutSpec(n, 8, 8, 16, 1, List.of(7, 6, 5, 4, 3, 2, 1, 0)), x.get(0), y)),
                same("shortcutBackward", 1, BATCH, (b, n, x, y, k) -> b.shortcut()
                        .backward(new ShortcutSpec(n, 8, 8, 16, 1, List.of(7, 6, 5, 4, 3, 2, 1, 0)), x.get(0), y)),
                new Kernel(
                        "upsampleNearest",
                        List.of(new int[] {8, 4, 8}),
                        IMAGE,
                        BATCH,
                        (b, n, x, y, k) ->
                                b.upsampleNearest().forward(new UpsampleNearestSpec(n, 8, 4, 8, 2, 2), x.get(0), y)),
                new Kernel(
                        "upsampleNearestBackward",
                        List.of(IMAGE),
                        new int[] {8, 4, 8},
                        BATCH / 4,
                        (b, n, x, y, k) ->
                                b.upsampleNearest().backward(new UpsampleNearestSpec(n, 8, 4, 8, 2, 2), x.get(0), y)));
    }

    @BeforeEach
    void open() {
        Backend shared = BackendsUnderTest.open("cuda");
        Assumptions.assumeTrue(shared.device().name().contains("software"), "needs the software device");
        if (backend != null) return;
        tell("gregSimMemory", 32L << 30);
        // not the shared one, whose pool would forget gigabytes; one for all tests, since the device uses no address
        // twice
        backend = new CudaBackend(BackendOptions.standard().precision(Precision.FP32));
    }

    @AfterEach
    void allBlocksAgain() {
        if (backend == null) return;
        tell("gregSimBlocks", 0L, 0L);
        try {
            backend.synchronize();
        } catch (KernelException fault) {
            close();
        }
    }

    @AfterAll
    static void close() {
        if (backend == null) return;
        backend.close();
        backend = null;
        // refused while a context that a fault has ended still holds gigabytes
        device().getFunction("gregSimMemory").invokeInt(new Object[] {8L << 30});
    }

    private static NativeLibrary device() {
        return NativeLibrary.getInstance(CudaLibraries.driver().toString());
    }

    private static void tell(String function, Object... arguments) {
        assertEquals(0, device().getFunction(function).invokeInt(arguments), function);
    }

    /** Only the last blocks of the launches to come. */
    private static void run(long blocks) {
        tell("gregSimBlocks", blocks - BLOCKS, (long) BLOCKS);
    }

    /** The last elements of a storage. */
    private static void write(CudaStorage storage, float[] tail) {
        long offset = 4 * (storage.length() - tail.length);
        int status = JCudaDriver.cuMemcpyHtoD(storage.address().plus(offset), Pointer.to(tail), 4L * tail.length);
        backend.context().check("writing the end", status);
    }

    private static float[] read(CudaStorage storage, int count) {
        float[] tail = new float[count];
        long offset = 4 * (storage.length() - count);
        int status =
                JCudaDriver.cuMemcpyDtoH(Pointer.to(tail), storage.address().plus(offset), 4L * count);
        backend.context().check("reading the end", status);
        return tail;
    }

    /** (N, C, H, W) to (N, H, W, C) of {@code n} images, or back. */
    private static float[] order(float[] data, int n, int[] image, boolean back) {
        if (image.length == 1) return data;
        int channels = image[0];
        int pixels = image[1] * image[2];
        float[] ordered = new float[data.length];
        for (int i = 0; i < n * channels * pixels; i++) {
            int pixel = i % pixels;
            int c = i / pixels % channels;
            int last = (i / pixels / channels * pixels + pixel) * channels + c;
            ordered[back ? i : last] = data[back ? last : i];
        }
        return ordered;
    }

    /** A batch whose last images are these. */
    private static CudaStorage put(Workspace k, float[] images, int[] image) {
        int[] dims = batch(BATCH, image);
        CudaStorage storage = CudaStorage.of(k.own(backend.memory().activation(dims)));
        write(storage, order(images, LAST, image, false));
        if (dims.length == 4) storage.wroteChannelsLast(dims, image[0]);
        return storage;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void theLastImage(Kernel kernel) {
        Backend reference = BackendsUnderTest.reference();
        int size = Workspace.count(kernel.output);
        try (Workspace k = new Workspace(backend);
                Workspace r = new Workspace(reference)) {
            List<Storage> inputs = new ArrayList<>();
            List<Storage> small = new ArrayList<>();
            for (int[] image : kernel.inputs) {
                float[] data = gauss(inputs.size(), batch(LAST, image));
                inputs.add(put(k, data, image));
                small.add(r.put(data));
            }
            float[] poison = new float[LAST * size];
            Arrays.fill(poison, Float.NaN);
            CudaStorage output = put(k, poison, kernel.output);
            Storage expected = r.out(batch(LAST, kernel.output));
            run(kernel.blocks);
            kernel.call.on(backend, BATCH, inputs, output, k);
            kernel.call.on(reference, LAST, small, expected, r);
            float[] images = r.get(expected, batch(LAST, kernel.output));
            float[] last = Arrays.copyOfRange(images, images.length - size, images.length);
            Compare.close(kernel.name, last, order(read(output, size), 1, kernel.output, true), 2e-5, 1e-6);
        }
    }

    /** Kernels in which an element depends on its number. */
    @Test
    void theLastRandomNumbers() {
        int count = 1024;
        long n = 1024L * BATCH;
        try (Workspace k = new Workspace(backend)) {
            CudaStorage x = put(k, gauss(1, batch(LAST, IMAGE)), IMAGE);
            float[] before = order(read(x, count), 1, IMAGE, true);
            run(4L * BATCH);
            backend.elementwise().dropout(dims(BATCH), 0.5f, 9, 0, x, x);
            float[] dropped = order(read(x, count), 1, IMAGE, true);
            run(BATCH);
            backend.random().uniform(x, 0, 1, 5);
            float[] uniform = read(x, count);
            int[] words = new int[4];
            for (int i = 0; i < count; i++) {
                long at = n - count + i;
                Philox.block(9, at / 4, Philox.DROPOUT, words);
                float kept = Philox.uniform24(words[i % 4]) < 0.5 ? 0 : 2 * before[i];
                assertEquals(kept, dropped[i], "dropout " + i);
                Philox.block(5, at / 4, Philox.UNIFORM, words);
                assertEquals((float) Philox.uniform24(words[i % 4]), uniform[i], "uniform " + i);
            }
        }
    }

    @Test
    void theEndOfAFill() {
        try (Workspace k = new Workspace(backend)) {
            CudaStorage x = put(k, gauss(1, batch(LAST, IMAGE)), IMAGE);
            run(BATCH);
            backend.transfer().fill(x, 1.5f);
            float[] expected = new float[BLOCKS * 1024];
            Arrays.fill(expected, 1.5f);
            Compare.identical("filled", expected, read(x, expected.length));
        }
    }

    /** One large image, whose last channels and pixels meet in the last tile. */
    @Test
    void theLastTileOfALayout() {
        int channels = 1056;
        int pixels = 1 << 20;
        int tile = 32;
        int[] dims = {1, channels, 1024, 1024};
        CudaLayouts layouts = new CudaLayouts(backend.context(), (DeviceMemory) backend.memory());
        try (Workspace k = new Workspace(backend)) {
            CudaStorage dense = CudaStorage.of(k.own(backend.memory().activation(dims)));
            float[] data = gauss(1, tile, tile);
            for (int c = 0; c < tile; c++) {
                long at = (long) (channels - tile + c) * pixels + pixels - tile;
                float[] row = Arrays.copyOfRange(data, c * tile, (c + 1) * tile);
                JCudaDriver.cuMemcpyHtoD(dense.address().plus(4 * at), Pointer.to(row), 4L * tile);
            }
            tell("gregSimBlocks", (long) pixels / tile * (channels / tile) - 1, 1L);
            CudaStorage last = layouts.activation(dense, dims);
            k.own(last);
            for (int p = 0; p < tile; p++) {
                long at = (long) (pixels - tile + p) * channels + channels - tile;
                float[] pixel = new float[tile];
                JCudaDriver.cuMemcpyDtoH(Pointer.to(pixel), last.address().plus(4 * at), 4L * tile);
                for (int c = 0; c < tile; c++) assertEquals(data[c * tile + p], pixel[c], "pixel " + p);
            }
            CudaStorage back = layouts.dense(last, dims);
            k.own(back);
            float[] row = new float[tile];
            for (int c = 0; c < tile; c++) {
                long at = (long) (channels - tile + c) * pixels + pixels - tile;
                JCudaDriver.cuMemcpyDtoH(Pointer.to(row), back.address().plus(4 * at), 4L * tile);
                Compare.identical("channel " + c, Arrays.copyOfRange(data, c * tile, (c + 1) * tile), row);
            }
        }
    }
}
