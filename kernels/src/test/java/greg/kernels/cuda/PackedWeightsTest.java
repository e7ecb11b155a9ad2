package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bfloat16 copy of a weight is never older than the weight, and an update makes it in its own pass. */
class PackedWeightsTest {
    private static final int[] D = {5, 13, 3, 3};
    private static final int PITCH = 16;
    private static final SgdSpec SGD = new SgdSpec(0.9f, 5e-4f, false, false);

    private CudaBackend cuda;
    private DeviceMemory memory;
    private CudaLayouts layouts;
    private PackedWeights packed;

    @BeforeEach
    void open() {
        new Gpu();
        cuda = new CudaBackend(BackendOptions.standard().precision(Precision.BF16));
        memory = (DeviceMemory) cuda.memory();
        layouts = new CudaLayouts(cuda.context(), memory);
        packed = new PackedWeights(cuda.context(), memory);
    }

    @AfterEach
    void close() {
        cuda.close();
    }

    private CudaStorage arranged(Workspace k, float[] data) {
        CudaStorage storage = CudaStorage.of(k.parameter(D));
        cuda.transfer().upload(data, storage);
        assertTrue(layouts.arrange(storage, D, PITCH));
        return storage;
    }

    /** To the nearest, ties to even. */
    private static float[] rounded(float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            rounded[i] = Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
        }
        return rounded;
    }

    private void checkHalf(String what, Workspace k, CudaStorage weight) {
        CudaStorage half = packed.half(weight, D, PITCH);
        Compare.identical(what, rounded(k.get(weight, D)), k.get(half, D));
        // 6 bytes an element, as the copy of its padding has none of its own in the host's order
        float[] memoryOf = k.get(
                new CudaStorage(memory, half.address(), DType.FLOAT32, half.extent() / 2), (int) half.extent() / 2);
        for (int i = 0; i < memoryOf.length; i++) {
            if (2 * i % PITCH > D[1]) assertEquals(0, Float.floatToRawIntBits(memoryOf[i]), what + ": padding");
        }
    }

    @Test
    void theUpdateWritesItInItsPass() {
        int positions = D[2] * D[3];
        GroupIndex[] kinds = {
            null, new GroupIndex(D[0], D[1] * positions), new GroupIndex(D[1], positions), new GroupIndex(585, 1)
        };
        for (GroupIndex groups : kinds) {
            for (boolean adam : new boolean[] {false, true}) {
                try (Workspace k = new Workspace(cuda)) {
                    CudaStorage w = arranged(k, gauss(1, D));
                    UpdateSlot slot = new UpdateSlot(
                            w,
                            D,
                            arranged(k, gauss(2, D)),
                            arranged(k, new float[585]),
                            adam ? arranged(k, new float[585]) : null,
                            groups == null ? null : k.put(gauss(3, groups.count())),
                            null,
                            null,
                            groups,
                            0);
                    checkHalf("the first", k, w);
                    CudaStorage half = w.half();
                    for (int step = 1; step <= 2; step++) {
                        if (adam) cuda.update().adam(AdamSpec.standard(0), k.put(0.1f), step, List.of(slot));
                        else cuda.update().sgd(SGD, k.put(0.1f), List.of(slot));
                        assertTrue(w.halfIsCurrent(), "no cast is needed");
                        checkHalf("step " + step, k, w);
                        assertSame(half, w.half());
                    }
                }
            }
        }
    }

    @Test
    void itFollowsTheHostAndGoesWithTheWeight() {
        long before = memory.liveBytes();
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage w = arranged(k, gauss(1, D));
            checkHalf("the first", k, w);
            cuda.transfer().upload(gauss(5, D), w);
            assertFalse(w.halfIsCurrent());
            String message = assertThrows(KernelException.class, () -> packed.half(w, D, PITCH))
                    .getMessage();
            assertTrue(message.contains("arrange it first"), message);
            layouts.arrange(w, D, PITCH);
            checkHalf("after an upload", k, w);
            assertEquals(before + 6 * w.room(), memory.liveBytes(), "weight and copy are counted");
        }
        assertEquals(before, memory.liveBytes(), "both are given back");
    }

    /** The step of a convolution's weight: it reads the copy, then updates the weight. */
    private Runnable step(CudaStorage w, Storage read, Storage lr, UpdateSlot slot) {
        return () -> {
            cuda.context().copy(packed.half(w, D, PITCH), CudaStorage.of(read));
            CudaStorage.of(read).wroteLike(w.half());
            cuda.update().sgd(SGD, lr, List.of(slot));
        };
    }

    /** A capture behind an evaluation, replays, calls between them, and an upload: every step reads the weights of its time. */
    @Test
    void replaysReadAndWriteIt() {
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage w = arranged(k, gauss(1, D));
            CudaStorage g = arranged(k, gauss(2, D));
            Storage read = k.own(memory.take(DType.BFLOAT16, 585, w.room()));
            UpdateSlot slot = new UpdateSlot(w, D, g, arranged(k, new float[585]), null, null, null, null, null, 0);
            Runnable step = step(w, read, k.put(0.1f), slot);
            step.run();
            checkHalf("an evaluation", k, w);
            float[] before = k.get(w, D);
            try (StepGraph graph = cuda.capture(step)) {
                Compare.identical("a capture runs nothing", before, k.get(w, D));
                for (int i = 0; i < 5; i++) {
                    if (i == 2) step.run();
                    if (i == 3) cuda.transfer().upload(gauss(7, D), w);
                    before = k.get(w, D);
                    long version = w.version();
                    graph.launch();
                    assertNotEquals(version, w.version(), "a replay is a write");
                    Compare.identical("replay " + i + " reads", rounded(before), k.get(read, D));
                    assertTrue(w.halfIsCurrent(), "replay " + i);
                    checkHalf("after replay " + i, k, w);
                }
            }
        }
    }

    /** A step that makes the copy itself makes it in every replay, and the capture alone has not made it. */
    @Test
    void aCopyMadeInTheStepIsMadeInEachReplay() {
        try (Workspace k = new Workspace(cuda)) {
            CudaStorage w = arranged(k, gauss(1, D));
            Storage read = k.own(memory.take(DType.BFLOAT16, 585, w.room()));
            Runnable step = () -> {
                w.touch();
                cuda.context().copy(packed.half(w, D, PITCH), CudaStorage.of(read));
                CudaStorage.of(read).wroteLike(w.half());
            };
            step.run();
            cuda.context().synchronize();
            cuda.transfer().upload(gauss(5, D), w);
            layouts.arrange(w, D, PITCH);
            Runnable withWeight = () -> {
                cuda.context().uses(w);
                step.run();
            };
            try (StepGraph graph = cuda.capture(withWeight)) {
                assertFalse(w.halfIsCurrent(), "nothing has run yet");
                graph.launch();
                Compare.identical("copy", rounded(gauss(5, D)), k.get(read, D));
                assertTrue(w.halfIsCurrent());
            }
        }
    }

    /** A write that the graph does not know of would be to memory that it does not keep. */
    @Test
    void aWriteWithoutAUseIsRefused() {
        try (Workspace k = new Workspace(cuda)) {
            Storage x = k.put(1, 2, 3);
            String message = assertThrows(KernelException.class, () -> cuda.capture(x::touch))
                    .getMessage();
            assertTrue(message.contains("none of its launches uses"), message);
        }
    }
}
