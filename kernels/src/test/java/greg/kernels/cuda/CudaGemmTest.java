package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.GemmSpec;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What {@code GemmKernelsTest} does not see of products on a GPU: precision, layouts, versions, captured steps. */
class CudaGemmTest {
    private static final GemmSpec SPEC = new GemmSpec(5, 7, 33, false, true, false);

    private static float[] product(CudaBackend backend, CudaGemm gemm, float[] a, float[] b) {
        try (Workspace k = new Workspace(backend)) {
            Storage c = k.out(5, 7);
            gemm.gemm(SPEC, k.put(a), k.put(b), c);
            return k.get(c, 5, 7);
        }
    }

    @Test
    void tf32RoundsTheOperandsAndFloat32DoesNot() {
        Gpu gpu = new Gpu();
        CudaBackend backend = gpu.backend();
        DeviceMemory memory = (DeviceMemory) backend.memory();
        float[] a = gauss(1, 5, 33);
        float[] b = gauss(2, 7, 33);
        float[] exact;
        try (Workspace k = new Workspace(BackendsUnderTest.reference())) {
            Storage c = k.out(5, 7);
            BackendsUnderTest.reference().gemm().gemm(SPEC, k.put(a), k.put(b), c);
            exact = k.get(c, 5, 7);
        }
        try (CudaGemm full = new CudaGemm(gpu.context(), memory, false);
                CudaGemm tf32 = new CudaGemm(gpu.context(), memory, true)) {
            Compare.close("float32", exact, product(backend, full, a, b), Compare.sum(33, 1), 1e-6);
            float[] rounded = product(backend, tf32, a, b);
            // two roundings to 11 bits in each of 33 products of standard normal numbers
            Compare.close("tf32", exact, rounded, 33 * 0x1p-10, 0);
            float[] difference = new float[35];
            for (int i = 0; i < 35; i++) difference[i] = Math.abs(exact[i] - rounded[i]);
            Arrays.sort(difference);
            assertTrue(difference[17] > 1e-5, "tensor cores were used: median difference " + difference[17]);
        }
    }

    @Test
    void theResultIsDenseAndCounted() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            CudaStorage c = gpu.put(k, CudaLayout.NHWC, gauss(3, 1, 5, 1, 7), 1, 5, 1, 7);
            assertEquals(CudaLayout.NHWC, c.layout());
            long version = c.version();
            Storage a = k.put(gauss(1, 5, 33));
            Storage b = k.put(gauss(2, 7, 33));
            gpu.backend().gemm().gemm(SPEC, a, b, c);
            assertEquals(CudaLayout.NCHW, c.layout());
            assertTrue(c.version() > version, "the write is counted");
            assertArrayEquals(gauss(1, 5, 33), k.get(a, 5, 33));
            assertArrayEquals(gauss(2, 7, 33), k.get(b, 7, 33));
        }
    }

    @Test
    void operandsThatAreNotDenseAreRefused() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            CudaStorage last = gpu.put(k, CudaLayout.NHWC, gauss(3, 1, 5, 1, 7), 1, 5, 1, 7);
            Storage square = k.put(gauss(1, 49));
            Storage dense = k.put(gauss(1, 35));
            GemmSpec left = new GemmSpec(5, 7, 7, false, false, false);
            GemmSpec right = new GemmSpec(5, 7, 5, false, false, false);
            GemmSpec added = new GemmSpec(5, 7, 7, false, false, true);
            for (Runnable call : new Runnable[] {
                () -> gpu.backend().gemm().gemm(left, last, square, k.out(35)),
                () -> gpu.backend().gemm().gemm(right, square, last, k.out(35)),
                () -> gpu.backend().gemm().gemm(added, dense, square, last)
            }) {
                KernelException e = assertThrows(KernelException.class, call::run);
                assertTrue(e.getMessage().contains("expected a dense storage, got NHWC"), e.getMessage());
            }
        }
    }

    /** After the capture the program lets go of everything, and its memory is used for something else. */
    @Test
    void aGraphHoldsItsOperands() {
        try (CudaBackend backend = new CudaBackend(BackendOptions.standard())) {
            Storage a = filled(backend, SPEC.m() * SPEC.k(), 1);
            Storage b = filled(backend, SPEC.n() * SPEC.k(), 2);
            Storage c = filled(backend, SPEC.m() * SPEC.n(), 0);
            Storage d = filled(backend, SPEC.m() * SPEC.n(), 0);
            Runnable step = () -> {
                backend.gemm().gemm(SPEC, a, b, c);
                backend.gemm().gemm(SPEC, a, b, d);
            };
            step.run();
            try (StepGraph graph = backend.capture(step)) {
                a.release();
                b.release();
                c.release();
                Storage[] others = {
                    filled(backend, SPEC.m() * SPEC.k(), 50),
                    filled(backend, SPEC.n() * SPEC.k(), 60),
                    filled(backend, SPEC.m() * SPEC.n(), 70)
                };
                backend.transfer().fill(d, 0);
                graph.launch();
                float[] result = new float[35];
                backend.transfer().download(d, new int[] {35}, result);
                float[] expected = new float[35];
                Arrays.fill(expected, 66);
                assertArrayEquals(expected, result);
                backend.transfer().download(others[2], new int[] {35}, result);
                Arrays.fill(expected, 70);
                assertArrayEquals(expected, result);
                for (Storage other : others) other.release();
            }
            d.release();
        }
    }

    private static Storage filled(CudaBackend backend, int length, float value) {
        Storage storage = backend.memory().allocate(DType.FLOAT32, length);
        backend.transfer().fill(storage, value);
        return storage;
    }

    @Test
    void theFirstProductCannotBeCaptured() {
        try (CudaBackend backend = new CudaBackend(BackendOptions.standard());
                Workspace k = new Workspace(backend)) {
            Storage a = k.put(gauss(1, 5, 33));
            Storage b = k.put(gauss(2, 7, 33));
            Storage c = k.out(5, 7);
            Runnable step = () -> backend.gemm().gemm(SPEC, a, b, c);
            KernelException e = assertThrows(KernelException.class, () -> backend.capture(step));
            assertTrue(e.getMessage().contains("run the step once before capturing"), e.getMessage());
            step.run();
            float[] eager = k.get(c, 5, 7);
            try (StepGraph graph = backend.capture(step)) {
                backend.transfer().fill(c, 0);
                graph.launch();
                float[] replayed = k.get(c, 5, 7);
                assertFalse(replayed[0] == 0);
                assertArrayEquals(eager, replayed);
            }
        }
    }

    @Test
    void aRefusalNamesTheProduct() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage a = k.put(gauss(1, 25));
            GemmSpec square = new GemmSpec(5, 5, 5, false, false, false);
            CudaStorage unaligned = new CudaStorage(
                    gpu.backend().memory(), CudaStorage.of(a).address().plus(2), DType.FLOAT32, 20);
            KernelException e = assertThrows(
                    KernelException.class, () -> gpu.backend().gemm().gemm(square, a, unaligned, k.out(25)));
            for (String word : new String[] {"cublasGemmEx of GemmSpec[m=5", "CUBLAS_STATUS_INVALID_VALUE"}) {
                assertTrue(e.getMessage().contains(word), e.getMessage());
            }
        }
    }
}
