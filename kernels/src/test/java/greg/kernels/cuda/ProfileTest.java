package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.GemmSpec;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A profile has every launch of a step, and the bytes of its operands. */
class ProfileTest {
    private static final Conv2dSpec CONV = Conv2dSpec.of(2, 4, 5, 5, 8, 3, 1, 1);

    /** One of each kind: kernels, a convolution and its accumulated gradient, a product, copies, an update. */
    private static Runnable step(CudaBackend backend, Workspace k) {
        Storage x = k.put(gauss(1, CONV.xDims()));
        Storage w = k.own(backend.memory().parameter(CONV.wDims()));
        backend.transfer().upload(gauss(2, CONV.wDims()), w);
        Storage y = k.own(backend.memory().activation(CONV.yDims()));
        Storage dx = k.own(backend.memory().activation(CONV.xDims()));
        backend.transfer().fill(dx, 0);
        Storage a = k.put(gauss(3, 6));
        Storage b = k.put(gauss(4, 12));
        Storage c = k.out(8);
        Storage numbers = k.own(backend.memory().allocate(DType.INT32, 10));
        Storage part = k.own(backend.memory().allocate(DType.INT32, 5));
        backend.transfer().upload(new int[10], numbers);
        Storage lr = k.put(0.1f);
        Storage target = k.out(8);
        UpdateSlot slot = new UpdateSlot(k.put(gauss(5, 6)), k.put(gauss(6, 6)), null, null, null, null, null, null);
        return () -> {
            backend.conv2d().forward(CONV, x, w, null, y);
            backend.conv2d().addBackwardData(CONV, w, y, dx);
            backend.gemm().gemm(new GemmSpec(2, 4, 3, false, false, false), a, b, c);
            backend.elementwise().relu(new int[] {8}, c, c);
            backend.transfer().slice(numbers, 5, part);
            backend.transfer().copy(c, target);
            backend.update().sgd(new SgdSpec(0, 0, false, false), lr, List.of(slot));
        };
    }

    private static long bytes(List<KernelTime> times, String kernel) {
        List<KernelTime> found =
                times.stream().filter(t -> t.kernel().equals(kernel)).toList();
        assertEquals(1, found.size(), kernel + " in " + times);
        return found.get(0).bytes();
    }

    @Test
    void everyLaunchIsThereWithItsBytes() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Runnable step = step(backend, k);
            step.run();
            List<KernelTime> times = backend.profile(step);
            for (KernelTime time : times) assertTrue(time.microseconds() >= 0 && time.bytes() >= 0, time.toString());
            long weights = 4 * 8 * 3 * 3;
            long activations = 2 * 5 * 5 * (4 + 8);
            assertEquals(4 * (activations + weights), bytes(times, "cuDNN forward"));
            assertEquals(4 * (activations + weights + 2 * 5 * 5 * 4), bytes(times, "cuDNN backward-data"));
            assertEquals(4 * (6 + 12 + 8), bytes(times, "cuBLAS gemm"));
            assertEquals(4 * (8 + 8), bytes(times, "elementwise relu"));
            assertEquals(4, bytes(times, "update_sgd sgd"), "the rate: the rest is in a table");
            assertEquals(
                    List.of(2 * 4L * 5, 2 * 4L * 8),
                    times.stream()
                            .filter(t -> t.kernel().equals("copy"))
                            .map(KernelTime::bytes)
                            .toList());
        }
    }

    /** A backend of its own: that of the tests writes into memory that is recycled, by calls past the kernels. */
    @Test
    void aRecordedStepHasAsManyNodes() {
        boolean software = new Gpu().backend().device().name().contains("software");
        Assumptions.assumeTrue(software, "on NVIDIA's devices a library's call may be several kernels");
        try (CudaBackend backend = new CudaBackend(BackendOptions.standard().precision(Precision.FP32));
                Workspace k = new Workspace(backend)) {
            Runnable step = step(backend, k);
            step.run();
            try (StepGraph graph = backend.capture(step)) {
                List<KernelTime> times = backend.profile(step);
                assertEquals(graph.nodes(), times.size(), times.toString());
            }
        }
    }

    @Test
    void whatItWouldNotSeeIsRefused() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Runnable step = step(backend, k);
            step.run();
            try (StepGraph graph = backend.capture(step)) {
                String replay = assertThrows(KernelException.class, () -> backend.profile(graph::launch))
                        .getMessage();
                assertTrue(replay.contains("graphs(false)"), replay);
                assertThrows(KernelException.class, () -> backend.profile(() -> backend.profile(step)));
                graph.launch();
            }
            assertFalse(backend.profile(step).isEmpty(), "after a refusal it works");
        }
    }

    @Test
    void cudnnDescribesTheDevice() {
        CudaBackend backend = new Gpu().backend();
        String json = backend.cudnnDevice();
        assertTrue(json.startsWith("{") && json.endsWith("}"), json);
        assertTrue(json.contains("\"deviceName\":\"" + backend.device().name() + "\""), json);
    }
}
