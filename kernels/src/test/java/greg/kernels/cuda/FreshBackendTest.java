package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.AugmentSpec;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A kernel's fault ends the backend that all tests share: they get another one. */
class FreshBackendTest {
    @BeforeEach
    void onTheSoftwareDevice() {
        String name = BackendsUnderTest.open("cuda").device().name();
        Assumptions.assumeTrue(name.contains("software"), "only the software device is sure to notice the fault");
    }

    @Test
    void afterAFault() {
        Backend ended = BackendsUnderTest.open("cuda");
        fault(ended);
        String message = assertThrows(KernelException.class, ended::synchronize).getMessage();
        assertTrue(message.contains("out of bounds"), message);
        Backend fresh = BackendsUnderTest.open("cuda");
        assertNotSame(ended, fresh);
        computes(fresh);
        assertSame(fresh, BackendsUnderTest.open("cuda"));
    }

    /** A fault that its own test has not noticed is not lost. */
    @Test
    void afterAFaultThatNobodyWaitedFor() {
        Backend ended = BackendsUnderTest.open("cuda");
        fault(ended);
        AssertionError error = assertThrows(AssertionError.class, () -> BackendsUnderTest.open("cuda"));
        assertTrue(error.getCause().getMessage().contains("out of bounds"), error.getCause()::getMessage);
        computes(BackendsUnderTest.open("cuda"));
    }

    /** A backend that still has the lost context keeps others from opening, but only until it is closed. */
    @Test
    void afterAFaultThatAnotherBackendShares() {
        Backend ended = BackendsUnderTest.open("cuda");
        try (CudaBackend other = new CudaBackend(BackendOptions.standard())) {
            fault(ended);
            assertThrows(KernelException.class, ended::synchronize);
            assertThrows(KernelException.class, other::synchronize);
            assertThrows(KernelException.class, () -> BackendsUnderTest.open("cuda"));
        }
        computes(BackendsUnderTest.open("cuda"));
    }

    /** relu over a thousand elements of a storage that has four, after something that makes the backend keep memory. */
    private static void fault(Backend backend) {
        Workspace k = new Workspace(backend);
        AugmentSpec spec = new AugmentSpec(2, 1, 2, 2, 2, 2, 0, false, false, new float[] {0}, new float[] {1 / 255f});
        backend.augment().batch(spec, k.put(new byte[8]), k.put(new int[] {0, 1}), 0, 0, k.out(2, 1, 2, 2));
        Storage x = k.put(1f, 2f, 3f, 4f);
        backend.elementwise().relu(new int[] {1000}, x, x);
    }

    private static void computes(Backend backend) {
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1f, -2f, 3f, 4f);
            backend.elementwise().relu(new int[] {4}, x, x);
            assertArrayEquals(new float[] {1, 0, 3, 4}, k.get(x, 4));
        }
    }
}
