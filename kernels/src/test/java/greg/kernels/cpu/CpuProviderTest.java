package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import org.junit.jupiter.api.Test;

class CpuProviderTest {
    @Test
    void describesProcessorInstructionSetAndLibrary() {
        CpuProvider provider = new CpuProvider();
        assertNull(provider.unavailable());
        assertTrue(provider.describe().contains("oneDNN 3."), provider.describe());
        assertTrue(provider.describe().contains("threads"), provider.describe());
    }

    @Test
    void opensByName() {
        try (Backend backend = Backends.open("cpu", new BackendOptions(1, 0))) {
            assertEquals("cpu", backend.name());
            assertEquals(1, backend.device().threads());
            String set = backend.device().instructionSet();
            assertTrue(backend.device().details().contains(", " + set + ", "), set);
        }
    }

    @Test
    void anotherThreadCountCanBeOpenedLater() {
        try (Backend one = new CpuBackend(new BackendOptions(1, 0));
                Backend two = new CpuBackend(new BackendOptions(2, 0))) {
            assertEquals(1, one.device().threads());
            assertEquals(2, two.device().threads());
        }
    }
}
