package greg.kernels.cpu;

import com.sun.jna.Function;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * Pages of 2 MiB for large blocks, where Linux gives them on request. A training step goes once through all activations, more than any cache
 * holds, and misses the TLB at each page of 4 KiB: about 2 percent of a step of ResNet-56, batch 128.
 */
final class HugePages {
    /** Bytes of a huge page, and their alignment. */
    static final long SIZE = 1 << 21;

    private static final int MADV_HUGEPAGE = 14;

    private HugePages() {}

    /** Whether a block of so many bytes has room for a huge page, on a system that can be asked for some. */
    static boolean fit(long bytes) {
        return bytes >= SIZE && Platform.isLinux() && Team.reached();
    }

    /**
     * Asks for as many whole huge pages as fit. A system that has none refuses, and the block stays as it is.
     *
     * @param address of a block that they {@link #fit}, a multiple of {@link #SIZE}
     */
    static void advise(long address, long bytes) {
        long whole = bytes / SIZE * SIZE;
        Function.getFunction("c", "madvise").invokeInt(new Object[] {new Pointer(address), whole, MADV_HUGEPAGE});
    }
}
