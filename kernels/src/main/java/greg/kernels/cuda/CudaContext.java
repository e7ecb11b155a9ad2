package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
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
 * One GPU: its primary context, the stream that all kernels run on, and the modules loaded so far. Used by the thread that
 * made it; several contexts may alternate on one thread.
 */
final class CudaContext implements AutoCloseable {
    /** {@code -Dgreg.cuda.blocking=true} waits after every launch, so that a fault is reported by its own kernel. */
    private static final boolean BLOCKING = Boolean.getBoolean("greg.cuda.blocking");

    /** A PTX file as it was loaded: for activations of this type. */
    private record Loaded(String name, DType type) {}

    /** The context that this thread's driver calls go to. */
    private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

    private final Thread owner = Thread.currentThread();
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final Map<Loaded, PtxModule> modules = new HashMap<>();
    private final ArgumentBuffer arguments;
    private Launched lastLaunch;
    /** Times the launches of a step, or null. */
    private LaunchProfile profile;
    /** Describes the step that is being captured, or null. */
    private Capture capture;

    /**
     * Opens device {@code index}.
     *
     * @throws KernelException if there is no such device or the driver cannot open it
     */
    CudaContext(int index) {
        String why = CudaLibraries.whyNoDriver();
        if (why != null) throw new KernelException(why);
        // not before: it uses a JCuda class, and those need the libraries to be loaded
        arguments = new ArgumentBuffer();
        check("cuInit", JCudaDriver.cuInit(0));
        int count = count();
        if (index >= count) {
            throw new KernelException("device cuda:" + index + ": expected a number below " + count
                    + ", the devices that the driver reports; see Backends.providers()");
        }
        check("cuDeviceGet of device " + index, JCudaDriver.cuDeviceGet(device, index));
        check("opening device " + index, JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        enter();
        // a stream that synchronizes with synchronous copies
        int status = JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_DEFAULT);
        if (status != CUresult.CUDA_SUCCESS) {
            // whoever holds a context that a fault has ended must let go of it before there can be another
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
            CURRENT.remove();
        }
        check("cuStreamCreate", status);
    }

    /** Before every driver call that needs a current context: makes this one current, for its own thread. */
    void enter() {
        if (CURRENT.get() == this) return;
        Thread caller = Thread.currentThread();
        if (caller != owner) {
            throw new KernelException("cuda: expected a call from the thread that opened the backend, "
                    + owner.getName() + ", got one from " + caller.getName()
                    + "; use it from that thread, or open another backend in this");
        }
        check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
        CURRENT.set(this);
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
            return "CUDA: " + CudaLibraries.driver() + " loads but cuInit failed: " + describe(status)
                    + "; check that the kernel module is loaded (nvidia-smi), and that this is the driver's own file and not a"
                    + " stub or a compatibility package for another driver";
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

    /** As {@code compute capability 9.0}. */
    String computeCapability() {
        return "compute capability " + computeMajor() + "."
                + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    }

    /** Compute capability, memory and driver version, one line. */
    String details() {
        long[] bytes = new long[1];
        check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(bytes, device));
        int[] version = new int[1];
        check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version));
        return computeCapability() + ", " + (bytes[0] >> 20) + " MiB, driver for CUDA " + version[0] / 1000 + "."
                + version[0] % 1000 / 10;
    }

    /**
     * Throws unless the device has this compute capability.
     *
     * @param what needs it
     */
    void requireCapability(int major, String what) {
        int has = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        if (has < major) {
            throw new KernelException("cuda: " + what + " needs compute capability " + major + ".0 or higher, "
                    + deviceName() + " has " + has + "."
                    + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)
                    + "; choose precision fp32");
        }
    }

    /** The first number of the device's compute capability. */
    int computeMajor() {
        return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
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
        enter();
        return stream;
    }

    /** Where a launch collects its arguments. */
    ArgumentBuffer arguments() {
        return arguments;
    }

    /** The module of a PTX file for activations of this type, loaded at its first use. */
    private PtxModule module(String name, DType type) {
        Loaded key = new Loaded(name, type);
        PtxModule module = modules.get(key);
        if (module == null) {
            if (capturing()) {
                throw new KernelException(
                        "cuda: " + name + ".ptx is not loaded yet, which a captured step cannot do: run"
                                + " the step once before capturing");
            }
            enter();
            module = new PtxModule(PtxSource.read(name, type));
            modules.put(key, module);
        }
        return module;
    }

    /** The module of a PTX file, loaded at its first use. */
    PtxModule module(String name) {
        return module(name, DType.FLOAT32);
    }

    /** Begins a launch of an entry: {@code launch("reduction", "reduce").add(n).add(x).add(y).over(n, 1024)}. */
    Launch launch(String module, String entry) {
        return new Launch(this, module(module), entry);
    }

    /** Begins a launch of an entry over activations of this type. */
    Launch launch(String module, String entry, DType type) {
        return new Launch(this, module(module, type), entry);
    }

    /** {@code to} = the bytes of {@code from} that its layout uses, in the stream; layout and version are the caller's. */
    void copy(CudaStorage from, CudaStorage to) {
        uses(from);
        uses(to);
        long bytes = from.extent() * from.type().bytes();
        check(
                "copy of " + bytes + " bytes",
                JCudaDriver.cuMemcpyDtoDAsync(to.address(), from.address(), bytes, stream()));
        launched(new Launched.ByDriver("copy", 2 * bytes));
    }

    /**
     * To be called behind everything that was issued to the stream. Remembers it, for the message of a fault that shows only
     * later, and for {@link #profile}.
     */
    void launched(Launched launch) {
        lastLaunch = launch;
        if (profile != null && !capturing()) profile.add(launch);
        if (BLOCKING && !capturing()) synchronize();
    }

    /** What {@link CudaBackend#profile} says. */
    List<KernelTime> profile(Runnable step) {
        if (profile != null || capturing()) {
            throw new KernelException("cuda: a step cannot be profiled within another, nor while it is captured");
        }
        try (LaunchProfile made = new LaunchProfile(this)) {
            profile = made;
            step.run();
            return made.times();
        } finally {
            profile = null;
        }
    }

    /** Throws in a profile: of a replay it would see nothing. */
    void refuseProfile() {
        if (profile != null) {
            throw new KernelException(
                    "cuda: expected a profiled step to issue its kernels by calls, it replays a recorded"
                            + " one; open the backend with BackendOptions.graphs(false)");
        }
    }

    /**
     * From here on the stream records launches and runs nothing.
     *
     * @param about receives what they use
     */
    void beginCapture(int mode, Capture about) {
        check("cuStreamBeginCapture", JCudaDriver.cuStreamBeginCapture(stream(), mode));
        capture = about;
    }

    /** Ends the recording, even one that failed; returns the driver's status. */
    int endCapture(CUgraph graph) {
        capture = null;
        return JCudaDriver.cuStreamEndCapture(stream(), graph);
    }

    /** Whether launches are recorded. */
    boolean capturing() {
        return capture != null;
    }

    /** Describes the step that is being captured, or null. */
    Capture capture() {
        return capture;
    }

    /** For kernels whose arguments are those of the first replay: where the replays are counted, or null outside a capture. */
    CudaStorage counters() {
        return capture == null ? null : capture.counters();
    }

    /** To be called with every storage whose address goes into a launch or a copy: a recorded one will use it again. */
    void uses(Storage storage) {
        if (capture != null && storage != null) capture.uses(storage);
    }

    /** Waits for everything that was launched. */
    void synchronize() {
        check("waiting for the device", JCudaDriver.cuStreamSynchronize(stream()));
    }

    /** Throws unless {@code status} means success; the error says what was tried, and the driver's name and text. */
    void check(String what, int status) {
        if (status == CUresult.CUDA_SUCCESS) return;
        throw new KernelException("cuda: " + what + " failed: " + describe(status) + " (last kernel launched: "
                + (lastLaunch == null ? "none" : lastLaunch)
                + (capturing()
                        ? "; a step to be captured may not upload, download or wait: run it once before capturing"
                        : "")
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
        enter();
        modules.values().forEach(PtxModule::unload);
        modules.clear();
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
        CURRENT.remove();
    }
}
