package greg.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class CpuMemoryTest {
    private static void step(CpuFixture cpu, CpuFixture.Block a, CpuFixture.Block b, CpuStorage lr) {
        CpuStorage image = cpu.random(a.conv.xDims(), 1);
        CpuStorage out = b.forward(a.forward(image));
        CpuStorage dy = cpu.empty(out.length());
        cpu.backend.transfer().copy(out, dy);
        a.backward(b.backward(dy, true), false);
        image.release();
        cpu.backend
                .update()
                .sgd(
                        new SgdSpec(0, 1e-4f, false, false),
                        lr,
                        List.of(
                                new UpdateSlot(a.w, a.dw, null, null, null, null, null, null),
                                new UpdateSlot(b.w, b.dw, null, null, null, null, null, null)));
    }

    @Test
    void repeatedStepsAllocateNothingNative() {
        for (int channels : new int[] {16, 13}) {
            try (CpuFixture cpu = new CpuFixture()) {
                cpu.backend.expectChannels(channels);
                CpuFixture.Block a = cpu.new Block(2, 3, 8, channels);
                CpuFixture.Block b = cpu.new Block(2, channels, 8, channels);
                CpuStorage lr = cpu.filled(1, 1e-3f);
                for (int i = 0; i < 3; i++) step(cpu, a, b, lr);
                System.gc();
                Pointer.deallocateReferences();
                long bytes = Pointer.totalBytes();
                long count = Pointer.totalCount();
                long allocations = cpu.backend.memory().systemAllocations();
                long live = cpu.backend.memory().liveBytes();
                for (int i = 0; i < 200; i++) step(cpu, a, b, lr);
                // less is possible: the garbage collector may free what earlier tests left
                assertTrue(Pointer.totalBytes() <= bytes, Pointer.totalBytes() + " bytes, before " + bytes);
                assertTrue(Pointer.totalCount() <= count, Pointer.totalCount() + " objects, before " + count);
                assertEquals(allocations, cpu.backend.memory().systemAllocations());
                assertEquals(live, cpu.backend.memory().liveBytes());
            }
        }
    }

    @Test
    void blocksAreAlignedAndReused() {
        try (CpuFixture cpu = new CpuFixture()) {
            for (int n : new int[] {1, 17, 4097, 1_000_003}) {
                CpuStorage first = cpu.empty(n);
                assertEquals(0, first.block.pointer().address() % HostBlock.ALIGNMENT);
                HostBlock block = first.block;
                first.release();
                CpuStorage second = cpu.empty(n);
                assertEquals(block, second.block);
                second.release();
            }
            cpu.backend.memory().trim();
            assertEquals(0, cpu.backend.memory().heldBytes());
        }
    }

    /** Huge pages cover a block only from a multiple of their size on. */
    @Test
    void largeBlocksBeginWithAHugePage() {
        try (CpuFixture cpu = new CpuFixture()) {
            CpuStorage large = cpu.empty(HugePages.SIZE / Float.BYTES + 1);
            long alignment = HugePages.fit(large.bytes()) ? HugePages.SIZE : HostBlock.ALIGNMENT;
            assertEquals(0, large.block.pointer().address() % alignment);
            large.release();
        }
    }

    @Test
    void bytesAndIntegersRoundTrip() {
        try (CpuFixture cpu = new CpuFixture()) {
            CpuStorage ints = (CpuStorage) cpu.backend.memory().allocate(DType.INT32, 3);
            cpu.backend.transfer().upload(new int[] {1, -2, Integer.MAX_VALUE}, ints);
            int[] read = new int[3];
            cpu.backend.transfer().download(ints, read);
            assertArrayEquals(new int[] {1, -2, Integer.MAX_VALUE}, read);
        }
    }

    @Test
    void releasedStorageIsRefused() {
        try (CpuFixture cpu = new CpuFixture()) {
            CpuStorage x = cpu.empty(4);
            x.release();
            assertThrows(KernelException.class, () -> cpu.backend.transfer().fill(x, 1));
        }
    }
}
