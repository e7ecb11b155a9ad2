package greg.kernels.harness;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.Arrays;

/**
 * What the harness sees and does below the seam of a backend. This one does what the seam allows; a backend with more to see has
 * its own.
 */
public class Probe {
    private final Backend backend;

    /** Of this backend. */
    public Probe(Backend backend) {
        this.backend = backend;
    }

    /** A recorded call. */
    public interface Replay extends AutoCloseable {
        /** Runs it. */
        void launch();

        @Override
        void close();
    }

    /** An activation in the layout and type in which kernels hand it to each other. */
    public Storage handedOn(Workspace k, float[] data, int... dims) {
        Storage dense = k.put(data);
        Storage activation = k.own(backend.memory().activation(dims));
        backend.elementwise().scale(dims, 1, dense, activation);
        return activation;
    }

    /** A parameter in the order in which kernels read it. */
    public Storage arranged(Workspace k, float[] data, int... dims) {
        Storage parameter = k.own(backend.memory().parameter(dims));
        backend.transfer().upload(data, parameter);
        return parameter;
    }

    /** Overwrites a storage, room and all, with what is no number. */
    public void poison(Storage storage) {
        if (storage.type() == DType.FLOAT32) {
            backend.transfer().fill(storage, Float.NaN);
        } else if (storage.type() == DType.UINT8) {
            byte[] garbage = new byte[Math.toIntExact(storage.length())];
            Arrays.fill(garbage, (byte) 0xA5);
            backend.transfer().upload(garbage, storage);
        }
    }

    /** As if another kernel had written an activation into the storage before, if it has room for that. */
    public void reuse(Storage storage, int... dims) {
        // the seam does not show layouts
    }

    /** Everything that a storage is, to be compared with {@code equals}, or {@link #restore}d; also of a released one. */
    public Object snapshot(Storage storage, int... dims) {
        return switch (storage.type()) {
            case FLOAT32 -> new Elements(elements("snapshot", storage, dims));
            case INT32 -> {
                int[] data = new int[Math.toIntExact(storage.length())];
                backend.transfer().download(storage, data);
                yield Arrays.toString(data);
            }
            default -> "bytes, which the seam does not show";
        };
    }

    /** Elements to the bit. */
    private record Elements(float[] data) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Elements elements && Arrays.equals(data, elements.data);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(data);
        }

        @Override
        public String toString() {
            return Arrays.toString(data);
        }
    }

    /** Puts back what {@link #snapshot} saw of an operand. */
    public void restore(Storage storage, Object snapshot) {
        if (snapshot instanceof Elements elements) backend.transfer().upload(elements.data(), storage);
    }

    /** The dense elements of a float storage. Checks that the storage is what it says. */
    public float[] elements(String what, Storage storage, int... dims) {
        float[] data = new float[Workspace.count(dims)];
        backend.transfer().download(storage, dims, data);
        return data;
    }

    /** Fails unless an output is in the layout that the next kernel reads without a conversion. */
    public void checkHandedOn(String what, Storage storage, int... dims) {
        // the seam does not show layouts
    }

    /** Fails unless an output is dense. */
    public void checkDense(String what, Storage storage) {
        // the seam does not show layouts
    }

    /** Whether the backend can {@link #capture}. */
    public boolean replays() {
        return false;
    }

    /** Records what {@code step} does. */
    public Replay capture(Runnable step) {
        throw new UnsupportedOperationException("a backend without graphs");
    }
}
