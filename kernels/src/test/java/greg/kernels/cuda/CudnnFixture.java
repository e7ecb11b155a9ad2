package greg.kernels.cuda;

import com.sun.jna.NativeLibrary;
import greg.kernels.DType;
import greg.kernels.Storage;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Assumptions;

/** cuDNN on the device of this run, and storages of one test. */
final class CudnnFixture implements AutoCloseable {
    private static Cudnn cudnn;
    /** The context that it is bound to: after a fault there is another one. */
    private static CudaContext bound;

    private static NativeLibrary simulator;

    private final Gpu gpu = new Gpu();
    private final List<CudnnPlans> plans = new ArrayList<>();
    private final List<Storage> storages = new ArrayList<>();

    /** Opens it once for all tests that share a context; skips the test where there is none. */
    CudnnFixture() {
        if (bound != gpu.context()) {
            cudnn = Cudnn.open(gpu.context());
            bound = gpu.context();
            simulator = NativeLibrary.getInstance(CudaLibraries.cudnn().toString());
        }
    }

    /** Skips the test on a real device: its engines are not known beforehand. */
    static void assumeSoftware() {
        Assumptions.assumeFalse("hardware".equals(System.getProperty("greg.cuda")), "the software device's engines");
    }

    CudaBackend backend() {
        return gpu.backend();
    }

    CudaContext context() {
        return gpu.context();
    }

    DeviceMemory memory() {
        return (DeviceMemory) gpu.backend().memory();
    }

    Cudnn cudnn() {
        return cudnn;
    }

    CudnnPlans plans(boolean deterministic) {
        return plans(deterministic, 2048);
    }

    CudnnPlans plans(boolean deterministic, int most) {
        CudnnPlans made = new CudnnPlans(context(), memory(), cudnn, deterministic, most);
        plans.add(made);
        return made;
    }

    /** From here on the software device's engines take this long, by their numbers. */
    void delay(long engine, int microseconds) {
        simulator.getFunction("gregSimCudnnDelay").invokeVoid(new Object[] {engine, microseconds});
    }

    /** This engine is by far the fastest of the software device. */
    void prefer(long fastest) {
        for (long engine = 0; engine < 10; engine++) delay(engine, engine == fastest ? 0 : 3000);
    }

    /** Runs of this engine of the software device fail, or work again. */
    void disable(long engine, boolean fails) {
        simulator.getFunction("gregSimCudnnDisable").invokeVoid(new Object[] {engine, fails ? 1 : 0});
    }

    /** Descriptors that exist on the software device. */
    int descriptors() {
        return simulator.getFunction("gregSimCudnnDescriptors").invokeInt(new Object[0]);
    }

    /** These values, rounded to {@code type}, on the device. */
    CudaStorage put(DType type, float[] values) {
        CudaStorage storage = memory().take(type, values.length);
        storages.add(storage);
        if (type == DType.FLOAT32) {
            backend().transfer().upload(values, storage);
            return storage;
        }
        short[] upper = new short[values.length];
        for (int i = 0; i < values.length; i++) upper[i] = (short) (Float.floatToIntBits(rounded(values[i])) >>> 16);
        context().check("upload", JCudaDriver.cuMemcpyHtoD(storage.address(), Pointer.to(upper), 2L * values.length));
        return storage;
    }

    float[] get(CudaStorage storage) {
        int n = (int) storage.length();
        float[] values = new float[n];
        context().synchronize();
        if (storage.type() == DType.FLOAT32) {
            context().check("download", JCudaDriver.cuMemcpyDtoH(Pointer.to(values), storage.address(), 4L * n));
            return values;
        }
        short[] upper = new short[n];
        context().check("download", JCudaDriver.cuMemcpyDtoH(Pointer.to(upper), storage.address(), 2L * n));
        for (int i = 0; i < n; i++) values[i] = Float.intBitsToFloat(upper[i] << 16);
        return values;
    }

    /** To bfloat16, to nearest, ties to even. */
    static float rounded(float value) {
        int bits = Float.floatToIntBits(value);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    @Override
    public void close() {
        for (long engine = 0; engine < 10; engine++) {
            if (!"hardware".equals(System.getProperty("greg.cuda"))) {
                delay(engine, 0);
                disable(engine, false);
            }
        }
        plans.forEach(CudnnPlans::close);
        storages.forEach(Storage::release);
    }
}
