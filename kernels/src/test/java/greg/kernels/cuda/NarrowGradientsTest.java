package greg.kernels.cuda;

import static greg.kernels.Workspace.count;
import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An update reads a gradient in bfloat16 as it is, to the bit; everybody else gets float32. */
class NarrowGradientsTest {
    private static final int[] D = {5, 13, 3, 3};
    private static final int PITCH = 16;
    private static final SgdSpec SGD = new SgdSpec(0.9f, 5e-4f, false, false);

    /** (K, C, R, S) and the pitch: padded, whole tiles, narrow groups, and of one pixel, where the order is the host's. */
    private static final int[][] SHAPES = {
        {5, 13, 3, 3, 16}, {33, 64, 3, 3, 64}, {6, 2, 3, 3, 2}, {9, 1, 3, 3, 1}, {16, 24, 1, 1, 24}, {101, 3, 1, 1, 3}
    };

    private CudaBackend cuda;
    private DeviceMemory memory;
    private CudaLayouts layouts;
    private NarrowGradients gradients;

    @BeforeEach
    void open() {
        new Gpu();
        cuda = new CudaBackend(BackendOptions.standard().precision(Precision.BF16));
        ForgetfulPool.install(cuda);
        memory = (DeviceMemory) cuda.memory();
        layouts = new CudaLayouts(cuda.context(), memory);
        gradients = new NarrowGradients(cuda.context(), memory);
    }

    @AfterEach
    void close() {
        cuda.close();
    }

    /** Numbers that bfloat16 represents. */
    private static float[] exact(long seed, int... dims) {
        float[] values = gauss(seed, dims);
        for (int i = 0; i < values.length; i++) values[i] = CudnnFixture.rounded(values[i]);
        return values;
    }

    private CudaStorage arranged(Workspace k, float[] data, int[] dims, int pitch) {
        CudaStorage storage = CudaStorage.of(k.parameter(dims));
        cuda.transfer().upload(data, storage);
        assertTrue(layouts.arrange(storage, dims, pitch));
        return storage;
    }

    /** A gradient whose content is in bfloat16 only; its own memory holds NaN. */
    private CudaStorage narrow(Workspace k, float[] data, int[] dims, int pitch) {
        CudaStorage wide = arranged(k, data, dims, pitch);
        CudaStorage gradient = CudaStorage.of(k.parameter(dims));
        long elements = (long) dims[0] * dims[2] * dims[3] * pitch;
        cuda.context()
                .launch("transfer", "to_bf16")
                .add(elements)
                .add(wide)
                .add(gradients.block(gradient))
                .over(elements, 1024);
        gradients.wrote(gradient, dims, pitch);
        return gradient;
    }

    private List<float[]> update(int[] d, GroupIndex groups, boolean adam, boolean narrow) {
        int[] dims = {d[0], d[1], d[2], d[3]};
        int n = count(dims);
        try (Workspace k = new Workspace(cuda)) {
            float[] data = exact(2, dims);
            CudaStorage gradient = narrow ? narrow(k, data, dims, d[4]) : arranged(k, data, dims, d[4]);
            UpdateSlot slot = new UpdateSlot(
                    arranged(k, gauss(1, dims), dims, d[4]),
                    dims,
                    gradient,
                    arranged(k, gauss(4, dims), dims, d[4]),
                    adam ? arranged(k, new float[n], dims, d[4]) : null,
                    groups == null ? null : k.put(gauss(3, groups.count())),
                    null,
                    groups == null ? null : k.out(groups.count()),
                    groups,
                    0);
            if (adam) cuda.update().adam(AdamSpec.standard(5e-4), k.put(0.1f), 1, List.of(slot));
            else cuda.update().sgd(SGD, k.put(0.1f), List.of(slot));
            List<float[]> results = new ArrayList<>(List.of(k.get(slot.weight(), dims), k.get(slot.momentum(), dims)));
            if (adam) results.add(k.get(slot.variance(), dims));
            if (groups != null) results.add(k.get(slot.l1(), groups.count()));
            boolean read = groups == null || WeightMatrix.fits(dims, groups) || gradient.isDense(dims);
            if (narrow) assertEquals(read, gradient.isNarrow(), "read as it was");
            return results;
        }
    }

    @Test
    void anUpdateReadsItToTheBit() {
        for (int[] d : SHAPES) {
            int positions = d[2] * d[3];
            int n = d[0] * d[1] * positions;
            List<GroupIndex> kinds = new ArrayList<>(List.of(
                    new GroupIndex(d[0], d[1] * positions),
                    new GroupIndex(d[1], positions),
                    new GroupIndex(n, 1),
                    // rows that the order of convolutions does not have
                    new GroupIndex(positions, 1)));
            kinds.add(null);
            for (GroupIndex groups : kinds) {
                for (boolean adam : new boolean[] {false, true}) {
                    List<float[]> expected = update(d, groups, adam, false);
                    List<float[]> actual = update(d, groups, adam, true);
                    String what = Arrays.toString(d) + " " + groups + (adam ? " adam" : " sgd") + " result ";
                    for (int i = 0; i < expected.size(); i++) {
                        Compare.identical(what + i, expected.get(i), actual.get(i));
                    }
                }
            }
        }
    }

    /** What reads a gradient without its optimizer. */
    private Map<String, BiConsumer<Workspace, CudaStorage>> readers(Map<String, float[]> results) {
        Map<String, BiConsumer<Workspace, CudaStorage>> readers = new LinkedHashMap<>();
        readers.put("download", (k, g) -> results.put("download", k.get(g, D)));
        readers.put("copy", (k, g) -> {
            Storage copy = k.own(memory.like(g));
            cuda.transfer().copy(g, copy);
            results.put("copy", k.get(copy, D));
        });
        readers.put("toPlain", (k, g) -> {
            Storage plain = k.own(memory.take(DType.FLOAT32, g.length()));
            cuda.transfer().toPlain(g, D, plain);
            results.put("toPlain", k.get(plain, D));
        });
        readers.put("add", (k, g) -> {
            cuda.elementwise().add(D, g, g, g);
            results.put("add", k.get(g, D));
        });
        readers.put("sum", (k, g) -> {
            Storage out = k.out(1);
            cuda.reduction().sumAbs(g.length(), g, out);
            results.put("sum", k.get(out, 1));
        });
        // taken while the arguments of another launch are collected
        readers.put("sum of some", (k, g) -> {
            Storage out = k.out(1);
            cuda.reduction().sum(100, g, out);
            results.put("sum of some", k.get(out, 1));
        });
        readers.put("penalty", (k, g) -> {
            GroupIndex groups = new GroupIndex(D[1], D[2] * D[3]);
            CudaStorage w = arranged(k, gauss(1, D), D, PITCH);
            Storage lambda = k.put(gauss(3, D[1]));
            cuda.penalty().addGradient(List.of(new UpdateSlot(w, D, g, null, null, lambda, null, null, groups, 0)));
            results.put("penalty", k.get(g, D));
        });
        readers.put("dense", (k, g) -> {
            CudaStorage dense = layouts.dense(g, D);
            results.put("dense", k.get(dense, D));
            dense.release();
        });
        readers.put("channelsLast", (k, g) -> {
            CudaStorage wider = layouts.channelsLast(g, D, DType.FLOAT32, 2 * PITCH);
            results.put("channelsLast", k.get(wider, D));
            wider.release();
        });
        readers.put("two updates", (k, g) -> {
            // in the host's order, without room for another
            Storage first = k.put(gauss(1, D));
            CudaStorage second = arranged(k, gauss(1, D), D, PITCH);
            for (Storage w : List.of(first, second)) {
                UpdateSlot slot = new UpdateSlot(w, D, g, null, null, null, null, null, null, 0);
                cuda.update().sgd(new SgdSpec(0, 0, false, false), k.put(0.1f), List.of(slot));
            }
            float[] data = k.get(first, D);
            Compare.identical("in the host's order and in convolutions'", data, k.get(second, D));
            results.put("two updates", data);
        });
        return readers;
    }

    @Test
    void everyReaderGetsFloat32() {
        Map<String, float[]> expected = new LinkedHashMap<>();
        Map<String, float[]> actual = new LinkedHashMap<>();
        readers(expected).forEach((name, read) -> {
            try (Workspace k = new Workspace(cuda)) {
                read.accept(k, arranged(k, exact(2, D), D, PITCH));
            }
        });
        readers(actual).forEach((name, read) -> {
            try (Workspace k = new Workspace(cuda)) {
                CudaStorage g = narrow(k, exact(2, D), D, PITCH);
                read.accept(k, g);
                Compare.identical(name, expected.get(name), actual.get(name));
                assertNull(g.narrowContent(), name);
            }
        });
    }

    @Test
    void itsAddressIsRefusedUntilItIsWide() {
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage g = narrow(k, exact(2, D), D, PITCH);
            String message = assertThrows(KernelException.class, g::address).getMessage();
            assertTrue(message.contains("585 elements") && message.contains("CudaStorage.of"), message);
            CudaStorage.of(g).address();
        }
    }

    /** The block goes with the gradient, and writes of the whole gradient leave it behind. */
    @Test
    void aWriteReplacesItAndTheBlockGoesWithTheGradient() {
        long before = memory.liveBytes();
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage g = narrow(k, exact(2, D), D, PITCH);
            CudaStorage block = g.narrow();
            cuda.transfer().upload(gauss(5, D), g);
            Compare.identical("an upload", gauss(5, D), k.get(g, D));
            assertSame(block, gradients.block(g), "it is kept for the next step");
            gradients.wrote(g, D, PITCH);
            Compare.identical("the next", exact(2, D), k.get(g, D));
            gradients.wrote(g, D, PITCH);
            g.retain();
            k.close();
            assertEquals(before + 6 * g.room(), memory.liveBytes(), "both are counted");
            g.release();
        }
        assertEquals(before, memory.liveBytes(), "both are given back");
        gradients.widenAll();
    }

    /** A convolution's weight with the gradient of one step after another. */
    private final class Training implements AutoCloseable {
        final Conv2dSpec spec = Conv2dSpec.of(2, 13, 5, 6, 5, 3, 1, 1);
        final Workspace k = new Workspace(cuda);
        final Storage x = k.put(gauss(1, spec.xDims()));
        final Storage dy = k.put(gauss(2, spec.yDims()));
        final Storage w = k.parameter(D);
        final CudaStorage dw = CudaStorage.of(k.parameter(D));
        final Storage lr = k.put(0.1f);
        final UpdateSlot slot = new UpdateSlot(w, D, dw, null, null, null, null, null, null, 0);

        Training() {
            cuda.transfer().upload(gauss(3, D), w);
        }

        void backward() {
            cuda.conv2d().backwardWeights(spec, x, dy, dw, null);
        }

        void update() {
            cuda.update().sgd(new SgdSpec(0, 0, false, false), lr, List.of(slot));
        }

        float[] weight() {
            return k.get(w, D);
        }

        /** The weight behind an update from {@code before} with this gradient. */
        float[] updated(float[] before, float[] gradient) {
            float[] after = before.clone();
            for (int i = 0; i < after.length; i++) after[i] = Math.fma(-0.1f, gradient[i], after[i]);
            return after;
        }

        @Override
        public void close() {
            k.close();
        }
    }

    @Test
    void aStepWidensNothing() {
        try (Training t = new Training()) {
            for (int i = 0; i < 2; i++) {
                t.backward();
                t.update();
            }
            List<KernelTime> times = cuda.profile(() -> {
                t.backward();
                t.update();
            });
            List<String> kernels = times.stream().map(KernelTime::kernel).toList();
            assertTrue(kernels.stream().noneMatch("transfer from_bf16"::equals), kernels.toString());
            assertTrue(t.dw.isNarrow());
        }
    }

    @Test
    void replaysLeaveItNarrowAndReadersBetweenThemGetIt() {
        try (Training t = new Training()) {
            Runnable step = () -> {
                t.backward();
                t.update();
            };
            step.run();
            float[] gradient = t.k.get(t.dw, D);
            float[] before = t.weight();
            try (StepGraph graph = cuda.capture(step)) {
                for (int i = 0; i < 4; i++) {
                    if (i == 2) cuda.transfer().fill(t.dw, 7);
                    graph.launch();
                    float[] after = t.weight();
                    Compare.identical("replay " + i, t.updated(before, gradient), after);
                    assertNotNull(t.dw.narrowContent(), "replay " + i);
                    if (i > 0) Compare.identical("gradient " + i, gradient, t.k.get(t.dw, D));
                    before = after;
                }
            }
        }
    }

    /** Each replay updates by the gradient of its time, in whichever type it comes. */
    @Test
    void aRecordedUpdateFollowsWhatIsWrittenBetweenReplays() {
        try (Training t = new Training()) {
            t.backward();
            float[] gradient = t.k.get(t.dw, D);
            t.update();
            t.backward();
            assertNotNull(t.dw.narrowContent());
            float[] before = t.weight();
            try (StepGraph graph = cuda.capture(t::update)) {
                for (int i = 0; i < 4; i++) {
                    float[] now = gradient;
                    if (i % 2 == 1) {
                        now = gauss(10 + i, D);
                        cuda.transfer().upload(now, t.dw);
                    } else {
                        t.backward();
                    }
                    graph.launch();
                    float[] after = t.weight();
                    Compare.identical("replay " + i, t.updated(before, now), after);
                    before = after;
                }
            }
        }
    }
}
