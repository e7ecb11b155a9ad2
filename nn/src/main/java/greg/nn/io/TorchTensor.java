package greg.nn.io;

import greg.nn.io.TorchUnpickler.StorageRef;
import greg.tensor.Shape;
import net.razorvine.pickle.PickleException;

/**
 * A tensor of a pickle, not yet read: element (i, j, ...) is at offset + i stride[0] + j stride[1] ... of the storage.
 *
 * @param storage which holds the elements, perhaps those of other tensors too
 * @param offset in elements
 * @param size of each dimension
 * @param stride of each dimension, in elements; 0 in the dimensions of an expanded tensor
 */
record TorchTensor(StorageRef storage, long offset, int[] size, long[] stride) {
    /** More would only let a small file ask for much memory. */
    private static final int MAX_RANK = 8;

    /** {@code torch._utils._rebuild_tensor}(storage, offset, size, stride, ...). */
    static TorchTensor of(Object[] args) {
        StorageRef storage = (StorageRef) args[0];
        Object[] size = (Object[]) args[2];
        Object[] stride = (Object[]) args[3];
        if (size.length > MAX_RANK || stride.length != size.length) {
            throw new PickleException("a tensor has " + size.length + " dimensions and " + stride.length
                    + " strides; expected as many of both and at most " + MAX_RANK);
        }
        int[] dims = new int[size.length];
        long[] steps = new long[size.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Math.toIntExact(integer(size[i]));
            steps[i] = integer(stride[i]);
        }
        return new TorchTensor(storage, Math.addExact(storage.offset(), integer(args[1])), dims, steps);
    }

    /** A Python integer of at most 64 bits. */
    static long integer(Object value) {
        if (value instanceof Integer || value instanceof Long) return ((Number) value).longValue();
        throw new PickleException("a size, stride or offset of a tensor is no integer of 64 bits");
    }

    /** Number of elements; {@code name} is for the message. */
    long count(String name) {
        for (int dim : size) if (dim < 1) throw new PickleException("tensor " + name + " is empty");
        try {
            return Shape.of(size).size();
        } catch (ArithmeticException e) {
            throw new PickleException("tensor " + name + " has more than 2^63 elements", e);
        }
    }

    /**
     * The elements in row-major order, picked from the whole storage.
     *
     * @param reuse whether {@code stored} itself may be the result if it has just these elements
     */
    float[] gather(String name, float[] stored, boolean reuse) {
        int count = Math.toIntExact(count(name));
        if (!isWithin(stored.length)) {
            throw new PickleException("tensor " + name + " reaches beyond its storage of " + stored.length);
        }
        if (reuse && count == stored.length && isContiguous()) return stored;
        float[] values = new float[count];
        int[] index = new int[size.length];
        long at = offset;
        for (int i = 0; i < values.length; i++) {
            values[i] = stored[(int) at];
            for (int axis = index.length - 1; axis >= 0; axis--) {
                at += stride[axis];
                if (++index[axis] < size[axis]) break;
                at -= stride[axis] * size[axis];
                index[axis] = 0;
            }
        }
        return values;
    }

    /** Whether first and last element are in a storage of that length; the sum may be far beyond 64 bits. */
    private boolean isWithin(int length) {
        long last = offset;
        boolean within = 0 <= last && last < length;
        for (int axis = 0; axis < size.length && within; axis++) {
            long steps = size[axis] - 1L;
            within = stride[axis] >= 0 && (steps == 0 || stride[axis] <= (length - 1 - last) / steps);
            last += within ? steps * stride[axis] : 0;
        }
        return within;
    }

    private boolean isContiguous() {
        long expected = 1;
        for (int axis = size.length - 1; axis >= 0; axis--) {
            if (size[axis] > 1 && stride[axis] != expected) return false;
            expected *= size[axis];
        }
        return true;
    }
}
