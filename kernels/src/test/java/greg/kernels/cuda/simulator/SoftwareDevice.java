package greg.kernels.cuda.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import jcuda.CudaException;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import org.junit.jupiter.api.Assumptions;

/**
 * A context of its own on the software CUDA device, through the real JCuda classes. A kernel that fails loses its
 * context, so each test opens one; closing it frees what the test allocated.
 */
final class SoftwareDevice implements AutoCloseable {
    private static NativeLibrary library;
    private static final List<CUdeviceptr> ALLOCATED = new ArrayList<>();
    private final CUcontext context = new CUcontext();

    private SoftwareDevice() {
        ok(() -> JCudaDriver.cuInit(0));
        CUdevice device = new CUdevice();
        ok(() -> JCudaDriver.cuDeviceGet(device, 0));
        byte[] name = new byte[256];
        ok(() -> JCudaDriver.cuDeviceGetName(name, name.length, device));
        assertTrue(new String(name, StandardCharsets.UTF_8).contains("software"), "this is the software device");
        ok(() -> JCudaDriver.cuCtxCreate(context, 0, device));
    }

    /** Opens the device; skips the test (or fails it under -Dgreg.require=cuda) where it was not built. */
    static SoftwareDevice open() {
        load();
        return new SoftwareDevice();
    }

    /** The same, but errors are not printed: for tests that plant mistakes. */
    static SoftwareDevice openQuietly() {
        SoftwareDevice device = open();
        library.getFunction("gregSimQuiet").invokeVoid(new Object[] {1});
        return device;
    }

    private static synchronized void load() {
        if (library != null) return;
        Assumptions.assumeFalse(
                "hardware".equals(System.getProperty("greg.cuda")), "the tests run on a real device: -Dgreg.cuda");
        Path file = Path.of(System.getProperty("greg.cuda.simulator", "target/simulator"), "libcuda.so.1");
        if (!Files.exists(file)) {
            String why = "no software CUDA device at " + file + " (it is built with g++ on Linux)";
            if (List.of(System.getProperty("greg.require", "").split(",")).contains("cuda")) fail(why);
            System.out.println("SKIPPED " + why);
            Assumptions.abort(why);
        }
        System.load(file.toAbsolutePath().toString());
        loadJCuda(file.getParent(), () -> JCudaDriver.setExceptionsEnabled(false));
        library = NativeLibrary.getInstance(file.toAbsolutePath().toString());
    }

    /** Loads the device's cuBLAS; the device must be open. */
    static void loadCublas() {
        Path folder = Path.of(System.getProperty("greg.cuda.simulator", "target/simulator"));
        for (String name : List.of("libcublasLt.so.12", "libcublas.so.12")) {
            System.load(folder.resolve(name).toAbsolutePath().toString());
        }
        loadJCuda(folder, () -> JCublas2.setExceptionsEnabled(false));
    }

    /** JCuda unpacks its native library into java.io.tmpdir, and takes what it finds there: a private folder. */
    private static void loadJCuda(Path folder, Runnable initialiser) {
        String before = System.getProperty("java.io.tmpdir");
        try {
            System.setProperty(
                    "java.io.tmpdir",
                    Files.createDirectories(folder.resolve("jcuda")).toString());
            initialiser.run();
        } catch (IOException cannot) {
            throw new UncheckedIOException(cannot);
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }

    @Override
    public void close() {
        ALLOCATED.forEach(memory -> run(() -> JCudaDriver.cuMemFree(memory)));
        ALLOCATED.clear();
        library.getFunction("gregSimQuiet").invokeVoid(new Object[] {0});
        run(() -> JCudaDriver.cuCtxDestroy(context));
    }

    /** The code of a call, whether or not JCuda throws it. */
    static int run(IntSupplier call) {
        try {
            return call.getAsInt();
        } catch (CudaException thrown) {
            for (int code = 0; code < 1000; code++) {
                if (thrown.getMessage().equals(CUresult.stringFor(code))) return code;
            }
            throw thrown;
        }
    }

    static void ok(IntSupplier call) {
        int code = run(call);
        if (code != 0) fail(CUresult.stringFor(code) + ": " + lastError());
    }

    /** The call fails with this code, and the device says something with all of these words. */
    static void fails(int expected, IntSupplier call, String... words) {
        int code = run(call);
        assertEquals(CUresult.stringFor(expected), CUresult.stringFor(code), () -> "last message: " + lastError());
        for (String word : words) {
            assertTrue(lastError().contains(word), "'" + word + "' in the message: " + lastError());
        }
        String[] sentence = new String[1];
        ok(() -> JCudaDriver.cuGetErrorString(expected, sentence));
        assertTrue(sentence[0].contains(lastError()), "cuGetErrorString tells it too: " + sentence[0]);
    }

    static String lastError() {
        return library.getFunction("gregSimLastError").invokeString(new Object[0], false);
    }

    /** Declares memory as never written. */
    static void forget(CUdeviceptr memory, long bytes) {
        long address = address(memory);
        assertEquals(0, call("gregSimForget", address, bytes));
    }

    static String source(String resource) {
        try (InputStream in = SoftwareDevice.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException cannot) {
            throw new UncheckedIOException(cannot);
        }
    }

    static CUmodule module(String source) {
        CUmodule module = new CUmodule();
        ok(() -> JCudaDriver.cuModuleLoadData(module, source));
        return module;
    }

    static CUfunction function(String source, String name) {
        CUfunction function = new CUfunction();
        CUmodule module = module(source);
        ok(() -> JCudaDriver.cuModuleGetFunction(function, module, name));
        return function;
    }

    /** A stream that neither waits for the default one nor is waited for by it. */
    static CUstream stream() {
        CUstream stream = new CUstream();
        ok(() -> JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        return stream;
    }

    static CUdeviceptr allocate(long bytes) {
        CUdeviceptr memory = new CUdeviceptr();
        ok(() -> JCudaDriver.cuMemAlloc(memory, bytes));
        ALLOCATED.add(memory);
        return memory;
    }

    static CUdeviceptr upload(float... values) {
        CUdeviceptr memory = allocate(4L * values.length);
        ok(() -> JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length));
        return memory;
    }

    static CUdeviceptr upload(int... values) {
        CUdeviceptr memory = allocate(4L * values.length);
        ok(() -> JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length));
        return memory;
    }

    static float[] floats(CUdeviceptr memory, int count) {
        float[] values = new float[count];
        ok(() -> JCudaDriver.cuMemcpyDtoH(Pointer.to(values), memory, 4L * count));
        return values;
    }

    static int[] ints(CUdeviceptr memory, int count) {
        int[] values = new int[count];
        ok(() -> JCudaDriver.cuMemcpyDtoH(Pointer.to(values), memory, 4L * count));
        return values;
    }

    /** The number of a device pointer or a handle; JCuda shows it only in toString(). */
    static long address(NativePointerObject object) {
        String text = object.toString();
        int start = text.indexOf("nativePointer=0x") + 16;
        return Long.parseUnsignedLong(text.substring(start).split("[],]")[0], 16);
    }

    /** Calls a function that only the software device has: its code. */
    static int call(String function, Object... arguments) {
        return library.getFunction(function).invokeInt(arguments);
    }

    /** Launches with these arguments: CUdeviceptr, Integer, Long or Float. */
    static int launch(CUfunction kernel, int grid, int block, int shared, CUstream stream, Object... arguments) {
        List<NativePointerObject> pointers = new ArrayList<>();
        for (Object argument : arguments) {
            if (argument instanceof CUdeviceptr pointer) pointers.add(Pointer.to(pointer));
            else if (argument instanceof Integer number) pointers.add(Pointer.to(new int[] {number}));
            else if (argument instanceof Long number) pointers.add(Pointer.to(new long[] {number}));
            else pointers.add(Pointer.to(new float[] {(Float) argument}));
        }
        Pointer all = Pointer.to(pointers.toArray(new NativePointerObject[0]));
        return run(() -> JCudaDriver.cuLaunchKernel(kernel, grid, 1, 1, block, 1, 1, shared, stream, all, null));
    }

    /** Launches on a new stream and waits for it: the code of the launch, or of the wait. */
    static int launchAndWait(CUfunction kernel, int grid, int block, int shared, Object... arguments) {
        CUstream stream = new CUstream();
        ok(() -> JCudaDriver.cuStreamCreate(stream, 0));
        int code = launch(kernel, grid, block, shared, stream, arguments);
        return code != 0 ? code : run(() -> JCudaDriver.cuStreamSynchronize(stream));
    }
}
