package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every backend's memory counts what is live and allocates nothing from the system in steady state. */
class MemoryTest {
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void countsLiveBytes(String kind) {
        Memory memory = BackendsUnderTest.open(kind).memory();
        long before = memory.liveBytes();
        Storage floats = memory.allocate(DType.FLOAT32, 1001);
        Storage ints = memory.allocate(DType.INT32, 3);
        Storage bytes = memory.allocate(DType.UINT8, 17);
        assertEquals(4 * 1001 + 4 * 3 + 17, memory.liveBytes() - before);
        assertTrue(memory.heldBytes() >= memory.liveBytes());
        floats.retain();
        assertFalse(floats.exclusive());
        floats.release();
        assertTrue(floats.exclusive());
        assertTrue(floats.live());
        floats.release();
        assertFalse(floats.live());
        ints.release();
        bytes.release();
        assertEquals(before, memory.liveBytes());
        memory.trim();
        assertEquals(memory.liveBytes(), memory.heldBytes());
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aRepeatedStepAllocatesNothing(String kind) {
        Memory memory = BackendsUnderTest.open(kind).memory();
        long[] sizes = {64, 1, 64, 1001, 64};
        step(memory, sizes);
        long live = memory.liveBytes();
        long held = memory.heldBytes();
        long allocations = memory.systemAllocations();
        for (int i = 0; i < 1000; i++) step(memory, sizes);
        assertEquals(live, memory.liveBytes());
        assertEquals(held, memory.heldBytes());
        assertEquals(allocations, memory.systemAllocations());
    }

    private static void step(Memory memory, long[] sizes) {
        Storage[] storages = new Storage[sizes.length];
        for (int i = 0; i < sizes.length; i++) storages[i] = memory.allocate(DType.FLOAT32, sizes[i]);
        for (int i = sizes.length - 1; i >= 0; i--) storages[i].release();
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void useAfterReleaseIsAnError(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Storage storage = backend.memory().allocate(DType.FLOAT32, 4);
        Storage other = backend.memory().allocate(DType.FLOAT32, 4);
        storage.release();
        assertThrows(KernelException.class, storage::release);
        assertThrows(KernelException.class, storage::retain);
        assertThrows(KernelException.class, () -> backend.transfer().upload(new float[4], storage));
        assertThrows(KernelException.class, () -> backend.transfer().copy(storage, other));
        assertThrows(KernelException.class, () -> backend.elementwise().add(new int[] {4}, other, storage, other));
        assertThrows(KernelException.class, () -> backend.elementwise().relu(new int[] {4}, other, storage));
        other.release();
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void emptyStoragesAreRefused(String kind) {
        Memory memory = BackendsUnderTest.open(kind).memory();
        assertThrows(IllegalArgumentException.class, () -> memory.allocate(DType.FLOAT32, 0));
    }
}
