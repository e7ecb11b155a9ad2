package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The pool's order of reuse, seen through blocks that are numbers. */
class MemoryPoolTest {
    private static final class Numbered extends Storage {
        private final int block;

        private Numbered(Memory memory, int block, DType type, long length) {
            super(memory, type, length);
            this.block = block;
        }
    }

    private static final class NumberedPool extends MemoryPool<Integer> {
        private final List<Integer> freed = new ArrayList<>();
        private int next;
        private boolean full;
        private Integer refused;

        @Override
        protected Integer obtain(long bytes) {
            if (full) throw new KernelException("no room");
            return next++;
        }

        @Override
        protected void free(Integer block, long bytes) {
            if (block.equals(refused)) throw new KernelException("lost");
            freed.add(block);
        }

        @Override
        protected Storage wrap(Integer block, DType type, long length) {
            return new Numbered(this, block, type, length);
        }

        @Override
        protected Integer unwrap(Storage storage) {
            return ((Numbered) storage).block;
        }

        private Numbered take(long length) {
            return (Numbered) allocate(DType.FLOAT32, length);
        }
    }

    /** The blocks that a recorded step recycles are that step's alone until it returns them. */
    @Test
    void blocksOfARecordingAreKeptApart() {
        NumberedPool pool = new NumberedPool();
        pool.take(5).release();
        pool.take(6).release();
        pool.keepApart();
        Numbered first = pool.take(5);
        first.release();
        Numbered second = pool.take(5);
        assertEquals(first.block, second.block, "within the recording it is used again");
        second.release();
        Runnable giveBack = pool.endKeepingApart();
        pool.trim();
        assertEquals(List.of(1), pool.freed, "only the block that the recording did not use");
        assertEquals(2, pool.take(5).block, "another block for all others");
        assertEquals(3, pool.systemAllocations());
        assertEquals(40, pool.heldBytes());
        giveBack.run();
        assertEquals(first.block, pool.take(5).block);
    }

    /** If the system fails to free a block, as after a device fault, those before it are not freed twice. */
    @Test
    void trimGoesOnBehindARefusedBlock() {
        NumberedPool pool = new NumberedPool();
        Numbered a = pool.take(5);
        Numbered b = pool.take(5);
        a.release();
        b.release();
        pool.refused = b.block;
        assertThrows(KernelException.class, pool::trim);
        pool.trim();
        assertEquals(List.of(a.block), pool.freed);
        assertEquals(0, pool.heldBytes());
    }

    @Test
    void theFirstObtainedIsTheNextTaken() {
        NumberedPool pool = new NumberedPool();
        Numbered a = pool.take(5);
        Numbered b = pool.take(5);
        Numbered c = pool.take(6);
        b.release();
        a.release();
        c.release();
        assertEquals(a.block, pool.take(5).block);
        assertEquals(b.block, pool.take(5).block);
        assertEquals(3, pool.take(5).block, "a third of this size is new");
        assertEquals(c.block, pool.take(6).block);
        assertEquals(4, pool.systemAllocations());
    }

    @Test
    void aStepGetsTheSameBlocksAgain() {
        NumberedPool pool = new NumberedPool();
        List<Integer> first = step(pool);
        for (int i = 0; i < 5; i++) assertEquals(first, step(pool));
    }

    /** Releases in another order than that of a stack. */
    private static List<Integer> step(NumberedPool pool) {
        List<Numbered> taken = List.of(pool.take(3), pool.take(4), pool.take(3), pool.take(3), pool.take(4));
        for (int i : new int[] {2, 0, 3, 1, 4}) taken.get(i).release();
        return taken.stream().map(storage -> storage.block).toList();
    }

    @Test
    void trimFreesWhatWaits() {
        NumberedPool pool = new NumberedPool();
        Numbered a = pool.take(5);
        Numbered b = pool.take(7);
        a.release();
        assertEquals(48, pool.heldBytes());
        pool.trim();
        assertEquals(List.of(a.block), pool.freed);
        assertEquals(28, pool.heldBytes());
        assertEquals(28, pool.liveBytes());
        b.release();
    }

    @Test
    void aFailedAllocationLeavesTheCountsAlone() {
        NumberedPool pool = new NumberedPool();
        pool.take(5);
        pool.full = true;
        assertThrows(KernelException.class, () -> pool.take(9));
        assertEquals(20, pool.liveBytes());
        assertEquals(20, pool.heldBytes());
        assertEquals(1, pool.systemAllocations());
    }
}
