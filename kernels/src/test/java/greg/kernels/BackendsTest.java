package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Choosing a device: the requested one or an error that says why. */
class BackendsTest {
    @Test
    void referenceIsAlwaysThere() {
        try (Backend backend = Backends.open("reference", BackendOptions.standard())) {
            assertEquals("reference", backend.name());
            assertEquals(1, backend.device().threads());
        }
    }

    @Test
    void providersAreSortedByPriority() {
        List<Integer> priorities =
                Backends.providers().stream().map(BackendProvider::priority).toList();
        assertEquals(priorities.stream().sorted((a, b) -> b - a).toList(), priorities);
        BackendProvider last = Backends.providers().get(priorities.size() - 1);
        assertEquals("reference", last.kind());
        assertTrue(last.describe().contains("Java"));
    }

    @Test
    void unknownDevicesAreNamedWithTheKnownOnes() {
        KernelException e = assertThrows(KernelException.class, () -> Backends.open("gpu", BackendOptions.standard()));
        assertTrue(e.getMessage().contains("'gpu'") && e.getMessage().contains("reference"), e.getMessage());
    }

    @Test
    void moreThreadsThanAnyProcessorHasAreRefused() {
        for (int threads : new int[] {-1, BackendOptions.MOST_THREADS + 1, 20_000}) {
            KernelException e = assertThrows(KernelException.class, () -> new BackendOptions(threads, 0));
            assertEquals("threads = " + threads + ": expected 0, which is one per core, to 1024", e.getMessage());
        }
        assertEquals(1024, new BackendOptions(BackendOptions.MOST_THREADS, 0).resolvedThreads());
    }

    @Test
    void aDeviceNumberIsANumber() {
        for (String device : new String[] {"cuda:", "cuda:x", "cuda:-1"}) {
            KernelException e =
                    assertThrows(KernelException.class, () -> Backends.open(device, BackendOptions.standard()));
            assertTrue(e.getMessage().contains("cuda:0"), e.getMessage());
        }
    }
}
