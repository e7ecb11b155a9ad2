package greg.kernels.cuda;

import greg.kernels.KernelException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * One GPU: its primary context, current on the thread that made it, the stream that all kernels run on, and the modules
 * loaded so far.
 */
final class CudaContext implements AutoCloseable {
    /** {@code -Dgreg.cuda.blocking=true} waits after every launch, so that a fault is reported by its own kernel. */
    private static final boolean BLOCKING = Boolean.getBoolean("greg.cuda.blocking");

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final Map<String, PtxModule> modules = new HashMap<>();
    private final ArgumentBuffer arguments;
    private Launch lastLaunch;
    private boolean capturing;

    /**
     * Opens device {@code index}.
     *
     * @throws KernelException if there is no such device or the driver refuses
     */
    CudaContext(int index) {
        String why = CudaLibraries.whyNot();
        if (why != null) throw new KernelException(why);
        // not before: it uses a JCuda class, and those must find the libraries loaded
        arguments = new ArgumentBuffer();
        check("cuInit", JCudaDriver.cuInit(0));
        int count = count();
        if (index >= count) {
            throw new KernelException("device cuda:" + index + ": expected a number below " + count
                    + ", the devices that the driver reports; see 'greg devices'");
        }
        check("cuDeviceGet of device " + index, JCudaDriver.cuDeviceGet(device, index));
        check("opening device " + index, JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
        // a stream that waits for synchronous copies and is waited for by them
        check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_DEFAULT));
    }

    private static int count() {
        int[] count = new int[1];
        int status = JCudaDriver.cuDeviceGetCount(count);
        return status == CUresult.CUDA_SUCCESS ? count[0] : 0;
    }

    /** Null if the driver has a device, else why not. The libraries must be loaded. */
    static String whyNoDevice() {
        int status = JCudaDriver.cuInit(0);
        if (status != CUresult.CUDA_SUCCESS) {
            return "CUDA: the driver library loads but cuInit failed: " + describe(status)
                    + "; check that the kernel module is loaded (nvidia-smi)";
        }
        return count() > 0 ? null : "CUDA: the driver reports no device; check CUDA_VISIBLE_DEVICES";
    }

    /** The device's name as the driver gives it. */
    String deviceName() {
        byte[] name = new byte[256];
        check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
        int end = 0;
        while (name[end] != 0) end++;
        return new String(name, 0, end, StandardCharsets.UTF_8);
    }

    /** Compute capability, memory and driver version, one line. */
    String details() {
        long[] bytes = new long[1];
        check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(bytes, device));
        int[] version = new int[1];
        check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version));
        return "compute capability " + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) + "."
                + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR) + ", "
                + (bytes[0] >> 20) + " MiB, driver for CUDA " + version[0] / 1000 + "." + version[0] % 1000 / 10;
    }

    /** Size of the level-2 cache. */
    int l2CacheBytes() {
        return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
    }

    private int attribute(int attribute) {
        int[] value = new int[1];
        check("cuDeviceGetAttribute", JCudaDriver.cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }

    /** The stream of all kernels and copies. */
    CUstream stream() {
        return stream;
    }

    /** Where a launch collects its arguments. */
    ArgumentBuffer arguments() {
        return arguments;
    }

    /** The module of a PTX file, loaded at its first use. */
    PtxModule module(String name) {
        PtxModule module = modules.get(name);
        if (module == null) {
            module = new PtxModule(PtxSource.read(name));
            modules.put(name, module);
        }
        return module;
    }

    /** Begins a launch of an entry: {@code launch("elementwise", "relu").add(n).add(x).add(y).over(n, 1024)}. */
    Launch launch(String module, String entry) {
        return new Launch(this, module(module), entry);
    }

    /** Remembers what was launched, for the message of a fault that shows only later. */
    void launched(Launch launch) {
        lastLaunch = launch;
        if (BLOCKING && !capturing) synchronize();
    }

    /** From here on the stream records what is launched, and runs nothing. */
    void beginCapture(int mode) {
        check("cuStreamBeginCapture", JCudaDriver.cuStreamBeginCapture(stream, mode));
        capturing = true;
    }

    /** Ends the recording, also one that failed; the driver's status. */
    int endCapture(CUgraph graph) {
        capturing = false;
        return JCudaDriver.cuStreamEndCapture(stream, graph);
    }

    /** Waits for all that was launched. */
    void synchronize() {
        check("waiting for the device", JCudaDriver.cuStreamSynchronize(stream));
    }

    /** Throws unless {@code status} means success; the error says what was tried, and the driver's name and text. */
    void check(String what, int status) {
        if (status == CUresult.CUDA_SUCCESS) return;
        throw new KernelException("cuda: " + what + " failed: " + describe(status) + " (last kernel launched: "
                + (lastLaunch == null ? "none" : lastLaunch)
                + "; -Dgreg.cuda.blocking=true reports a fault where it happens)");
    }

    /** The driver's name and text of a status. */
    static String describe(int status) {
        String[] name = new String[1];
        String[] text = new String[1];
        JCudaDriver.cuGetErrorName(status, name);
        JCudaDriver.cuGetErrorString(status, text);
        return name[0] + ": " + text[0];
    }

    @Override
    public void close() {
        modules.values().forEach(PtxModule::unload);
        modules.clear();
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
