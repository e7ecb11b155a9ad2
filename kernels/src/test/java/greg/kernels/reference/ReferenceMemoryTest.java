package greg.kernels.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.dry.DryBackend;
import org.junit.jupiter.api.Test;

/** Poison, reuse and errors of the reference backend's arrays. */
class ReferenceMemoryTest {
    private final ReferenceMemory memory = new ReferenceMemory();

    @Test
    void everyAllocationIsPoisonedAlsoTheReused() {
        for (int round = 0; round < 2; round++) {
            Storage x = memory.allocate(DType.FLOAT32, 3);
            for (float value : ReferenceStorage.floats(x)) assertTrue(Float.isNaN(value));
            ReferenceStorage.floatsOut(x)[1] = 7;
            x.release();
        }
        assertEquals(Integer.MIN_VALUE, ReferenceStorage.ints(memory.allocate(DType.INT32, 2))[1]);
        assertEquals((byte) 0xA5, ReferenceStorage.bytes(memory.allocate(DType.UINT8, 2))[1]);
    }

    @Test
    void aReleasedArrayIsTheNextOfItsSize() {
        Storage x = memory.allocate(DType.FLOAT32, 3);
        float[] array = ReferenceStorage.floats(x);
        x.release();
        Storage ints = memory.allocate(DType.INT32, 3); // the same bytes: the same block in between
        ints.release();
        assertSame(array, ReferenceStorage.floats(memory.allocate(DType.FLOAT32, 3)));
        assertEquals(1, memory.systemAllocations());
    }

    @Test
    void whatIsNotAFloatStorageOfThisBackendIsRefused() {
        Storage released = memory.allocate(DType.FLOAT32, 3);
        released.release();
        assertThrows(KernelException.class, () -> ReferenceStorage.floats(released));
        Storage ints = memory.allocate(DType.INT32, 3);
        assertThrows(KernelException.class, () -> ReferenceStorage.floats(ints));
        Storage foreign = new DryBackend().memory().allocate(DType.FLOAT32, 3);
        assertThrows(KernelException.class, () -> ReferenceStorage.floats(foreign));
        assertThrows(KernelException.class, () -> ReferenceStorage.floats(null));
    }

    @Test
    void onlyWritesCountAsVersions() {
        Storage x = memory.allocate(DType.FLOAT32, 3);
        ReferenceStorage.floats(x);
        assertEquals(0, x.version());
        ReferenceStorage.floatsOut(x);
        assertEquals(1, x.version());
    }
}
