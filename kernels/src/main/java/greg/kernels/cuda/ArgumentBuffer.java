package greg.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** The arguments of one launch as the driver expects them: one after the other, each aligned to its own size. */
final class ArgumentBuffer {
    private static final int BYTES = 512;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());
    private final long[] size = new long[1];
    private final Pointer extra = Pointer.to(
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER,
            Pointer.to(bytes),
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE,
            Pointer.to(size),
            JCudaDriver.CU_LAUNCH_PARAM_END);

    void clear() {
        bytes.clear();
    }

    void putInt(int value) {
        bytes.putInt(value);
    }

    void putFloat(float value) {
        bytes.putFloat(value);
    }

    void putLong(long value) {
        bytes.position(bytes.position() + 7 & ~7);
        bytes.putLong(value);
    }

    /** What {@code cuLaunchKernel} takes as its last argument. */
    Pointer extra() {
        size[0] = bytes.position();
        // JCuda passes the address at the buffer's position
        bytes.rewind();
        return extra;
    }
}
