package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One body of kernel calls on the cuda backend and on {@code reference}, with the same inputs: those of activations rounded
 * to the type in which the backend keeps them, and laid out as kernels hand them to each other. The results must agree, lie in
 * that layout, and have zeros in the padding of their channels, although their memory was full of NaN.
 */
final class ActivationLab {
    /** A NaN as float32 and twice as bfloat16. */
    private static final float POISON = Float.intBitsToFloat(0x7fc07fc0);

    private final Backend backend;
    private final DType type;
    private final Workspace k;
    private final Map<String, float[]> results = new LinkedHashMap<>();

    private ActivationLab(Backend backend, DType type, Workspace k) {
        this.backend = backend;
        this.type = type;
        this.k = k;
    }

    /** Runs the body on both and compares. */
    static void compare(String what, CudaBackend cuda, double sums, Consumer<ActivationLab> body) {
        DType type = ((DeviceMemory) cuda.memory()).activationType();
        Map<String, float[]> expected = run(BackendsUnderTest.reference(), type, body);
        Map<String, float[]> actual = run(cuda, type, body);
        assertEquals(expected.keySet(), actual.keySet(), what);
        expected.forEach((name, values) -> {
            // rank 4: rounded once to 8 bits; others are sums in float32
            boolean rounded = type == DType.BFLOAT16 && name.startsWith("activation");
            double relative = rounded ? 0x1p-8 : 1e-5;
            String which = what + " " + type + " " + name;
            Compare.close(which, finite(values), finite(actual.get(name)), sums, relative);
        });
    }

    /** NaN and the infinities as numbers that no result is, so that they can be compared. */
    private static float[] finite(float[] values) {
        float[] all = values.clone();
        for (int i = 0; i < all.length; i++) {
            if (Float.isNaN(all[i])) all[i] = 1e30f;
            if (Float.isInfinite(all[i])) all[i] = Math.copySign(1e35f, all[i]);
        }
        return all;
    }

    private static Map<String, float[]> run(Backend backend, DType type, Consumer<ActivationLab> body) {
        try (Workspace k = new Workspace(backend)) {
            ActivationLab lab = new ActivationLab(backend, type, k);
            body.accept(lab);
            return lab.results;
        }
    }

    Backend backend() {
        return backend;
    }

    private boolean onDevice() {
        return backend instanceof CudaBackend;
    }

    private CudaLayouts layouts() {
        return new CudaLayouts(((CudaBackend) backend).context(), (DeviceMemory) backend.memory());
    }

    /** An activation with these values, rounded. */
    Storage activation(float[] data, int... dims) {
        float[] values = data.clone();
        for (int i = 0; type == DType.BFLOAT16 && i < data.length; i++) values[i] = bfloat16(data[i]);
        Storage dense = k.put(values);
        return onDevice() ? k.own(layouts().activation(dense, dims)) : dense;
    }

    /** To the nearest, ties to even. */
    private static float bfloat16(float x) {
        if (Float.isNaN(x)) return x;
        int bits = Float.floatToRawIntBits(x);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    /** A tensor of another rank. */
    Storage put(float... data) {
        return k.put(data);
    }

    Storage put(int[] data) {
        return k.put(data);
    }

    Storage put(byte[] data) {
        return k.put(data);
    }

    Storage saved(long bytes) {
        return k.saved(bytes);
    }

    /** Where a result goes, the padding full of NaN too. */
    Storage out(int... dims) {
        if (!onDevice()) return k.out(dims);
        CudaStorage storage = (CudaStorage) k.own(backend.memory().activation(dims));
        long words = storage.bytes() / Float.BYTES;
        backend.transfer().fill(new CudaStorage(backend.memory(), storage.address(), DType.FLOAT32, words), POISON);
        return storage;
    }

    /** A result of rank 4, or 1 and 2. */
    void result(String name, Storage storage, int... dims) {
        String kind = dims.length == 4 ? "activation " : "numbers ";
        if (onDevice() && dims.length == 4) checkPadding(name, (CudaStorage) storage, dims);
        results.put(kind + name, k.get(storage, dims));
    }

    private void checkPadding(String name, CudaStorage storage, int[] dims) {
        int pitch = layouts().pitch(dims[1]);
        assertEquals(type, storage.type(), name);
        assertTrue(storage.isChannelsLast(dims, pitch), name + " is in NHWC");
        int elements = dims[0] * dims[2] * dims[3] * pitch;
        int[] words = new int[elements * type.bytes() / Integer.BYTES];
        CudaStorage raw = new CudaStorage(backend.memory(), storage.address(), DType.INT32, words.length);
        backend.transfer().download(raw, words);
        for (int i = 0; i < elements; i++) {
            int bits = type == DType.FLOAT32 ? words[i] : words[i / 2] >>> 16 * (i % 2) & 0xffff;
            // -0 is a zero, too
            int magnitude = type == DType.FLOAT32 ? bits & 0x7fffffff : bits & 0x7fff;
            if (i % pitch >= dims[1]) assertEquals(0, magnitude, name + ": padding, element " + i);
        }
    }
}
