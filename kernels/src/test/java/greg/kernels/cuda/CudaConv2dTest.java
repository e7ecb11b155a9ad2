package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Convolutions on the storages that networks use: activations with room for padding, weights that stay in KRSC. */
class CudaConv2dTest {
    /** Channels that need padding, even ones, groups with and without room for it, depthwise. */
    private static final Conv2dSpec[] SPECS = {
        Conv2dSpec.of(2, 13, 5, 6, 19, 3, 1, 1),
        Conv2dSpec.of(2, 16, 7, 7, 32, 1, 2, 0),
        new Conv2dSpec(1, 6, 5, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1, 3),
        new Conv2dSpec(2, 13, 6, 6, 13, 3, 3, 2, 2, 1, 1, 1, 1, 13),
    };

    /** One training step of a convolution. */
    private static final class Step implements AutoCloseable {
        final CudaBackend backend;
        final Conv2dSpec s;
        final List<Storage> storages = new ArrayList<>();
        final Storage x;
        final Storage w;
        final Storage b;
        final Storage dy;
        final Storage y;
        final Storage dx;
        final Storage dw;
        final Storage db;

        Step(CudaBackend backend, Conv2dSpec s) {
            this.backend = backend;
            this.s = s;
            x = activation(exact(1, s.xDims()), s.xDims());
            dy = activation(exact(2, s.yDims()), s.yDims());
            w = hold(backend.memory().parameter(s.wDims()));
            backend.transfer().upload(exact(3, s.wDims()), w);
            b = hold(backend.memory().parameter(s.outChannels()));
            backend.transfer().upload(exact(4, s.outChannels()), b);
            y = hold(backend.memory().activation(s.yDims()));
            dx = hold(backend.memory().activation(s.xDims()));
            dw = hold(backend.memory().like(w));
            db = hold(backend.memory().like(b));
        }

        private Storage hold(Storage storage) {
            storages.add(storage);
            return storage;
        }

        private Storage activation(float[] values, int[] dims) {
            Storage dense = backend.memory().allocate(DType.FLOAT32, values.length);
            backend.transfer().upload(values, dense);
            CudaLayouts layouts = new CudaLayouts(backend.context(), (DeviceMemory) backend.memory());
            Storage made = hold(layouts.activation(dense, dims));
            dense.release();
            return made;
        }

        void run() {
            backend.conv2d().forward(s, x, w, b, y);
            backend.conv2d().backwardData(s, w, dy, dx);
            backend.conv2d().addBackwardData(s, w, dy, dx);
            backend.conv2d().backwardWeights(s, x, dy, dw, db);
        }

        List<float[]> results() {
            return List.of(get(y, s.yDims()), get(dx, s.xDims()), get(dw, s.wDims()), get(db, s.outChannels()));
        }

        float[] get(Storage storage, int... dims) {
            float[] data = new float[Workspace.count(dims)];
            backend.transfer().download(storage, dims, data);
            return data;
        }

        @Override
        public void close() {
            storages.forEach(Storage::release);
        }
    }

    /** Numbers that bfloat16, and so TF32, represents: no precision rounds the factors. */
    private static float[] exact(long seed, int... dims) {
        float[] values = gauss(seed, dims);
        for (int i = 0; i < values.length; i++) values[i] = CudnnFixture.rounded(values[i]);
        return values;
    }

    private static CudaBackend open(Precision precision) {
        BackendsUnderTest.open("cuda");
        CudaBackend backend =
                new CudaBackend(BackendOptions.standard().precision(precision).deterministic(true));
        ForgetfulPool.install(backend);
        return backend;
    }

    private static List<float[]> expected(Conv2dSpec s) {
        try (Workspace k = new Workspace(BackendsUnderTest.reference())) {
            Storage x = k.put(exact(1, s.xDims()));
            Storage dy = k.put(exact(2, s.yDims()));
            Storage w = k.put(exact(3, s.wDims()));
            Storage y = k.out(s.yDims());
            Storage dx = k.out(s.xDims());
            Storage dw = k.out(s.wDims());
            Storage db = k.out(s.outChannels());
            BackendsUnderTest.reference().conv2d().forward(s, x, w, k.put(exact(4, s.outChannels())), y);
            BackendsUnderTest.reference().conv2d().backwardData(s, w, dy, dx);
            BackendsUnderTest.reference().conv2d().backwardWeights(s, x, dy, dw, db);
            float[] twice = k.get(dx, s.xDims());
            for (int i = 0; i < twice.length; i++) twice[i] *= 2;
            return List.of(k.get(y, s.yDims()), twice, k.get(dw, s.wDims()), k.get(db, s.outChannels()));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aStepAgreesWithReferenceByCallsAndFromAGraph(Precision precision) {
        try (CudaBackend backend = open(precision)) {
            for (Conv2dSpec s : SPECS) {
                try (Step step = new Step(backend, s)) {
                    step.run();
                    List<float[]> called = step.results();
                    check(s, precision, expected(s), called);
                    try (StepGraph graph = backend.capture(step::run)) {
                        graph.launch();
                        List<float[]> replayed = step.results();
                        for (int i = 0; i < called.size(); i++) {
                            assertArrayEquals(called.get(i), replayed.get(i), s + " result " + i);
                        }
                    }
                }
            }
        }
    }

    private static void check(Conv2dSpec s, Precision precision, List<float[]> expected, List<float[]> actual) {
        int taps = s.kernelH() * s.kernelW();
        long[] terms = {
            (long) s.inChannels() / s.groups() * taps + 1,
            (long) s.outChannels() / s.groups() * taps,
            (long) s.n() * s.outH() * s.outW(),
            (long) s.n() * s.outH() * s.outW()
        };
        // bfloat16 rounds each result once, y before the bias is added too, and dx behind its addition
        double[] roundings = precision == Precision.BF16 ? new double[] {0x1p-7, 0x1p-7, 0x1p-8, 0} : new double[4];
        String[] names = {" y", " dx", " dw", " db"};
        for (int i = 0; i < names.length; i++) {
            double beforeBias = precision == Precision.BF16 && i == 0 ? 0x1p-8 * 4 : 0;
            Compare.close(
                    s + " " + precision + names[i],
                    expected.get(i),
                    actual.get(i),
                    2 * Compare.sum(terms[i], 1) + beforeBias,
                    roundings[i] + 1e-6);
        }
    }

    @Test
    void weightsAndTheirGradientsStayInTheOrderOfConvolutions() {
        try (CudaBackend backend = open(Precision.TF32);
                Step step = new Step(backend, SPECS[0])) {
            step.run();
            CudaStorage w = CudaStorage.of(step.w);
            assertSame(CudaLayout.NHWC, w.layout());
            assertEquals(16, w.pitch());
            assertEquals(16, CudaStorage.of(step.dw).pitch());
            assertSame(CudaLayout.NHWC, CudaStorage.of(step.dx).layout());
            // what it stands for has not changed
            assertArrayEquals(exact(3, SPECS[0].wDims()), step.get(step.w, SPECS[0].wDims()));
            // once it is there, nothing is rewritten
            long version = step.w.version();
            step.run();
            assertEquals(version, step.w.version());
        }
    }

    /** 13 and 19 channels, and 6 and 9 in groups, whose padding is no channel of the convolution. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void paddingHoldsZeros(Precision precision) {
        try (CudaBackend backend = open(precision)) {
            for (int i : new int[] {0, 2}) {
                Conv2dSpec s = SPECS[i];
                try (Step step = new Step(backend, s)) {
                    backend.conv2d().forward(s, step.x, step.w, null, step.y);
                    backend.conv2d().backwardData(s, step.w, step.dy, step.dx);
                    zeros(s + " y", backend, step.y, s.outChannels());
                    zeros(s + " dx", backend, step.dx, s.inChannels());
                    backend.conv2d().addBackwardData(s, step.w, step.dy, step.dx);
                    zeros(s + " dx", backend, step.dx, s.inChannels());
                }
            }
        }
    }

    private static void zeros(String what, CudaBackend backend, Storage storage, int channels) {
        CudaStorage activation = CudaStorage.of(storage);
        float[] padded = new float[Math.toIntExact(activation.extent())];
        // one row of all elements: as they lie in memory
        CudaStorage view =
                new CudaStorage(backend.memory(), activation.address(), activation.type(), activation.extent());
        view.wroteChannelsLast(new int[] {1, padded.length, 1, 1}, padded.length);
        backend.transfer().download(view, new int[] {1, padded.length, 1, 1}, padded);
        assertTrue(activation.pitch() > channels, what);
        for (int i = 0; i < padded.length; i++) {
            if (i % activation.pitch() >= channels) assertEquals(0, padded[i], what + " at " + i);
        }
    }

    /** A call writes the weight between two replays, and says so as every writer must. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void aReplayReadsTheWeightOfItsTime(Precision precision) {
        Conv2dSpec s = SPECS[0];
        try (CudaBackend backend = open(precision);
                Step step = new Step(backend, s)) {
            Runnable forward = () -> backend.conv2d().forward(s, step.x, step.w, null, step.y);
            forward.run();
            float[] before = step.get(step.y, s.yDims());
            try (StepGraph graph = backend.capture(forward)) {
                CudaStorage w = CudaStorage.of(step.w);
                backend.context()
                        .launch("elementwise", "scale", w.type())
                        .add(w.extent())
                        .add(w)
                        .add(w)
                        .add(2f)
                        .over(w.extent(), CudaElementwise.ELEMENTS);
                w.touch();
                graph.launch();
                float[] after = step.get(step.y, s.yDims());
                for (int i = 0; i < before.length; i++) assertEquals(2 * before[i], after[i], "element " + i);
            }
        }
    }

    @Test
    void choicesGoToAnotherBackend() {
        List<String> choices;
        List<float[]> results;
        try (CudaBackend first = open(Precision.TF32);
                Step step = new Step(first, SPECS[0])) {
            assertEquals(List.of(), first.planChoices());
            step.run();
            choices = first.planChoices();
            results = step.results();
        }
        assertEquals(5, choices.size(), choices.toString());
        try (CudaBackend second = open(Precision.TF32);
                Step step = new Step(second, SPECS[0])) {
            assertEquals(List.of(), second.usePlans(choices));
            assertEquals(choices, second.planChoices());
            step.run();
            assertEquals(choices, second.planChoices());
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(results.get(i), step.results().get(i), "result " + i);
            }
        }
        try (CudaBackend third = open(Precision.TF32)) {
            List<String> foreign = new ArrayList<>(choices);
            foreign.set(0, "plans of cuDNN 9.8.0 on NVIDIA A100");
            List<String> notes = third.usePlans(foreign);
            assertEquals(1, notes.size());
            assertTrue(notes.get(0).contains("NVIDIA A100"), notes.get(0));
            assertEquals(1, third.planChoices().size());
        }
    }

    /** The gradient of a storage that came from the host, in its own layout. */
    @Test
    void addsToADenseGradient() {
        Conv2dSpec s = SPECS[0];
        try (CudaBackend backend = open(Precision.FP32);
                Step step = new Step(backend, s);
                Workspace k = new Workspace(backend)) {
            float[] ones = new float[Workspace.count(s.xDims())];
            Arrays.fill(ones, 1);
            Storage dense = k.put(ones);
            backend.conv2d().backwardData(s, step.w, step.dy, step.dx);
            backend.conv2d().addBackwardData(s, step.w, step.dy, dense);
            float[] alone = step.get(step.dx, s.xDims());
            for (int i = 0; i < alone.length; i++) alone[i] += 1;
            Compare.close("1 + dx", alone, k.get(dense, s.xDims()), 2 * Compare.sum(19 * 9, 1), 1e-6);
        }
    }
}
