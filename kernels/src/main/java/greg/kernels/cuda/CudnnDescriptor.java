package greg.kernels.cuda;

import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_BACKEND_DESCRIPTOR;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_FLOAT;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_HANDLE;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_INT64;
import static jcuda.jcudnn.cudnnBackendAttributeType.CUDNN_TYPE_VOID_PTR;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnBackendDescriptor;

/**
 * A descriptor of cuDNN's graph API: attributes are set, it is finalized, and from then on it can be read and used by others.
 * Attributes are named by numbers of {@code cudnnBackendAttributeName}.
 */
final class CudnnDescriptor implements AutoCloseable {
    /** The handle, which can be read as a number. */
    private static final class Handle extends cudnnBackendDescriptor {
        long value() {
            return getNativePointer();
        }
    }

    private final Cudnn cudnn;
    private final String name;
    private final Handle handle = new Handle();
    private boolean closed;

    /**
     * A new descriptor.
     *
     * @param name for messages
     * @param type of {@code cudnnBackendDescriptorType}
     */
    CudnnDescriptor(Cudnn cudnn, String name, int type) {
        this.cudnn = cudnn;
        this.name = name;
        cudnn.check("creation of a descriptor: " + name, JCudnn.cudnnBackendCreateDescriptor(type, handle));
    }

    CudnnDescriptor setLongs(int attribute, long... values) {
        return setEightBytes(attribute, CUDNN_TYPE_INT64, values);
    }

    /** Device addresses. */
    CudnnDescriptor setPointers(int attribute, long... addresses) {
        return setEightBytes(attribute, CUDNN_TYPE_VOID_PTR, addresses);
    }

    /** The handle of the library. */
    CudnnDescriptor setHandle(int attribute, long value) {
        return setEightBytes(attribute, CUDNN_TYPE_HANDLE, value);
    }

    CudnnDescriptor setDescriptors(int attribute, List<CudnnDescriptor> values) {
        return setEightBytes(
                attribute,
                CUDNN_TYPE_BACKEND_DESCRIPTOR,
                values.stream().mapToLong(value -> value.handle.value()).toArray());
    }

    CudnnDescriptor setDescriptor(int attribute, CudnnDescriptor value) {
        return setDescriptors(attribute, List.of(value));
    }

    private CudnnDescriptor setEightBytes(int attribute, int type, long... values) {
        ByteBuffer bytes = cudnn.values().clear();
        for (long value : values) bytes.putLong(value);
        return set(attribute, type, values.length);
    }

    CudnnDescriptor setFloat(int attribute, float value) {
        cudnn.values().clear().putFloat(value);
        return set(attribute, CUDNN_TYPE_FLOAT, 1);
    }

    /** A value of an enumeration; {@code type} is that of {@code cudnnBackendAttributeType}. */
    CudnnDescriptor setEnum(int attribute, int type, int value) {
        cudnn.values().clear().putInt(value);
        return set(attribute, type, 1);
    }

    /** A text with its terminating zero. */
    CudnnDescriptor setText(int attribute, int type, byte[] text) {
        cudnn.values().clear().put(text).put((byte) 0);
        return set(attribute, type, text.length + 1);
    }

    private CudnnDescriptor set(int attribute, int type, int count) {
        cudnn.check(
                "attribute " + attribute + " of " + name,
                JCudnn.cudnnBackendSetAttribute(handle, attribute, type, count, cudnn.valuesPointer()));
        return this;
    }

    /** Checks the attributes; nothing can be set from here on. */
    CudnnDescriptor finish() {
        cudnn.check(name, JCudnn.cudnnBackendFinalize(handle));
        return this;
    }

    long getLong(int attribute) {
        get(attribute, CUDNN_TYPE_INT64, 1);
        return cudnn.values().getLong(0);
    }

    /** All values of an enumeration, at most {@code most}. */
    int[] getEnums(int attribute, int type, int most) {
        int[] values = new int[get(attribute, type, most)];
        for (int i = 0; i < values.length; i++) values[i] = cudnn.values().getInt(4 * i);
        return values;
    }

    /** A text, without the zero that may end it. */
    String getText(int attribute, int type) {
        int length = get(attribute, type, 0);
        if (length > cudnn.values().capacity()) {
            throw new CudnnException("cuDNN: attribute " + attribute + " of " + name + ": expected a text of up to "
                    + cudnn.values().capacity() + " bytes, got " + length);
        }
        byte[] text = new byte[get(attribute, type, length)];
        cudnn.values().clear().get(text);
        int end = text.length;
        while (end > 0 && text[end - 1] == 0) end--;
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    /** How many descriptors can be read. */
    int count(int attribute) {
        return get(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0);
    }

    /** The first {@code most} descriptors of this type, to be closed by the caller. */
    List<CudnnDescriptor> getDescriptors(int attribute, String what, int type, int most) {
        List<CudnnDescriptor> made = new ArrayList<>();
        try {
            // cuDNN fills descriptors that the caller has made
            for (int i = 0; i < most; i++) made.add(new CudnnDescriptor(cudnn, what, type));
            ByteBuffer bytes = cudnn.values().clear();
            for (CudnnDescriptor one : made) bytes.putLong(one.handle.value());
            int count = Math.min(most, get(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, most));
            while (made.size() > count) made.remove(made.size() - 1).close();
            return made;
        } catch (RuntimeException failed) {
            made.forEach(CudnnDescriptor::close);
            throw failed;
        }
    }

    /** Reads into {@link Cudnn#values}; how many there are. */
    private int get(int attribute, int type, int most) {
        long[] count = new long[1];
        cudnn.check(
                "reading attribute " + attribute + " of " + name,
                JCudnn.cudnnBackendGetAttribute(
                        handle, attribute, type, most, count, most == 0 ? null : cudnn.valuesPointer()));
        return Math.toIntExact(count[0]);
    }

    /** Runs this execution plan on what {@code pack} points to. */
    void execute(CudnnDescriptor pack) {
        cudnn.check(name, JCudnn.cudnnBackendExecute(cudnn.handle(), handle, pack.handle));
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        // what it refers to has copies of its own inside cuDNN; nothing can be done about a failure
        JCudnn.cudnnBackendDestroyDescriptor(handle);
    }
}
