package greg.kernels.cuda;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import greg.kernels.Backend;
import greg.kernels.KernelException;
import jcuda.NativePointerObject;
import jcuda.driver.CUresult;

/**
 * Makes the software device forget the content of a block that returns to the pool, after the work that still uses it: a
 * kernel that reads it before writing it is then detected, as with memory fresh from the driver.
 */
public final class ForgetfulPool {
    private ForgetfulPool() {}

    /** Installs it in a cuda backend; does nothing on a real device. */
    public static void install(Backend backend) {
        if (!backend.device().name().contains("software")) return;
        CudaBackend cuda = (CudaBackend) backend;
        Function forget =
                NativeLibrary.getInstance(CudaLibraries.driver().toString()).getFunction("gregSimForgetLater");
        long stream = number(cuda.context().stream());
        ((DeviceMemory) cuda.memory()).onRecycle((address, bytes) -> {
            int status = forget.invokeInt(new Object[] {address.value(), bytes, stream});
            // nothing of an invalidated capture will run
            if (status != 0 && status != CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED) {
                throw new KernelException("forgetting " + bytes + " bytes: " + CudaContext.describe(status));
            }
        });
    }

    /** The number of a handle; JCuda shows it only in toString(). */
    private static long number(NativePointerObject handle) {
        String text = handle.toString();
        int start = text.indexOf("nativePointer=0x") + 16;
        return Long.parseUnsignedLong(text.substring(start).split("[],]")[0], 16);
    }
}
