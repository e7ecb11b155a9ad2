package greg.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Storages of one test on one backend: filled from arrays or poisoned, released together. */
public final class Workspace implements AutoCloseable {
    private final Backend backend;
    private final List<Storage> storages = new ArrayList<>();

    public Workspace(Backend backend) {
        this.backend = backend;
    }

    /** A FLOAT32 storage with this content. */
    public Storage put(float... data) {
        Storage storage = allocate(DType.FLOAT32, data.length);
        backend.transfer().upload(data, storage);
        return storage;
    }

    /** An INT32 storage with this content. */
    public Storage put(int[] data) {
        Storage storage = allocate(DType.INT32, data.length);
        backend.transfer().upload(data, storage);
        return storage;
    }

    /** A UINT8 storage with this content. */
    public Storage put(byte[] data) {
        Storage storage = allocate(DType.UINT8, data.length);
        backend.transfer().upload(data, storage);
        return storage;
    }

    /** A storage full of NaN for an output, as an op allocates it. */
    public Storage out(int... dims) {
        Storage storage = own(backend.memory().activation(dims));
        backend.transfer().fill(storage, Float.NaN);
        return storage;
    }

    /** A FLOAT32 storage full of NaN for a weight or its gradient, as a parameter is allocated. */
    public Storage parameter(int... dims) {
        Storage storage = own(backend.memory().parameter(dims));
        backend.transfer().fill(storage, Float.NaN);
        return storage;
    }

    /** A UINT8 storage full of garbage, for what a forward pass saves. */
    public Storage saved(long bytes) {
        byte[] garbage = new byte[Math.toIntExact(bytes)];
        Arrays.fill(garbage, (byte) 0xA5);
        return put(garbage);
    }

    /** The content, dense. */
    public float[] get(Storage storage, int... dims) {
        float[] data = new float[count(dims)];
        backend.transfer().download(storage, dims, data);
        return data;
    }

    private Storage allocate(DType type, long length) {
        return own(backend.memory().allocate(type, length));
    }

    /** Releases this storage together with the others. */
    public Storage own(Storage storage) {
        storages.add(storage);
        return storage;
    }

    /** Releases everything, last in first out, as a scope does. */
    @Override
    public void close() {
        for (int i = storages.size() - 1; i >= 0; i--) {
            if (storages.get(i).live()) storages.get(i).release();
        }
    }

    /** The product of the dimensions. */
    public static int count(int... dims) {
        int count = 1;
        for (int dim : dims) count = Math.multiplyExact(count, dim);
        return count;
    }

    /** Standard normal numbers. */
    public static float[] gauss(long seed, int... dims) {
        Random random = new Random(seed);
        float[] data = new float[count(dims)];
        for (int i = 0; i < data.length; i++) data[i] = (float) random.nextGaussian();
        return data;
    }

    /** The inputs of torch-numbers.py: element i is ((i step) mod mod - mod / 2) / scale. */
    public static float[] ramp(int step, int mod, int scale, int... dims) {
        float[] data = new float[count(dims)];
        for (int i = 0; i < data.length; i++) data[i] = (float) (i * step % mod - mod / 2) / scale;
        return data;
    }
}
