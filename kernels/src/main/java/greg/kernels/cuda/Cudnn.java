package greg.kernels.cuda;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import greg.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;
import jcuda.runtime.cudaStream_t;

/**
 * cuDNN 9: its handle on the stream of a context, its errors in its own words, and the memory through which attributes of
 * descriptors are passed.
 */
final class Cudnn implements AutoCloseable {
    /** Enough for the most numerous attribute: the engine configurations of a heuristic. */
    static final int MOST_VALUES = 512;

    private static final int MESSAGE_BYTES = 2048;
    private static final int DEVICE_PROPERTIES = 38;
    private static final int DEVICE_PROPERTIES_HANDLE = 2701;
    private static final int DEVICE_PROPERTIES_JSON = 2702;
    private static final int TYPE_CHAR = 20;

    /** A handle that can be read as a number, which descriptors want. */
    private static final class Handle extends cudnnHandle {
        long value() {
            return getNativePointer();
        }
    }

    /**
     * Native memory as JCudnn wants it: for attributes it takes the address of a pointer and nothing else, so that arrays and
     * buffers would arrive as null.
     */
    private static final class Memory extends Pointer {
        Memory(ByteBuffer direct) {
            super(com.sun.jna.Pointer.nativeValue(Native.getDirectBufferPointer(direct)));
        }
    }

    private final ByteBuffer values = ByteBuffer.allocateDirect(8 * MOST_VALUES).order(ByteOrder.nativeOrder());
    private final Memory valuesPointer = new Memory(values);
    private final Handle handle = new Handle();
    private final Function lastError;
    private final long version;
    private CudnnDescriptor device;

    private Cudnn(NativeLibrary functions) {
        lastError = functions.getFunction("cudnnGetLastErrorString");
        version = JCudnn.cudnnGetVersion();
    }

    /**
     * Opens it for the device of {@code context}.
     *
     * @throws KernelException if cuDNN is missing, or a step is being captured
     */
    static Cudnn open(CudaContext context) {
        String why = CudaLibraries.whyNot();
        if (why != null) throw new KernelException(why);
        if (context.capturing()) {
            throw new KernelException(
                    "cuda: cuDNN is not initialized yet, which a captured step cannot do: run the step"
                            + " once before capturing");
        }
        context.enter();
        Cudnn opened = new Cudnn(CudaLibraries.functions(CudaLibraries.cudnn()));
        opened.check("opening cuDNN " + opened.version(), JCudnn.cudnnCreate(opened.handle));
        opened.check("cudnnSetStream", JCudnn.cudnnSetStream(opened.handle, new cudaStream_t(context.stream())));
        return opened;
    }

    /**
     * For questions only, on a machine without a GPU: which engines there are for a device with these properties.
     *
     * @param library the file of {@code libcudnn.so.9}
     * @param properties JSON, as in {@code CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION}
     */
    static Cudnn withoutDevice(Path library, String properties) {
        System.load(library.toString());
        JCudaNatives.load(() -> JCudnn.setExceptionsEnabled(false));
        Cudnn opened = new Cudnn(CudaLibraries.functions(library));
        opened.device = new CudnnDescriptor(opened, "properties of a device", DEVICE_PROPERTIES)
                .setText(DEVICE_PROPERTIES_JSON, TYPE_CHAR, properties.getBytes(StandardCharsets.UTF_8))
                .finish();
        return opened;
    }

    /** The description of the handle's device that {@link #withoutDevice} takes. */
    String deviceDescription() {
        try (CudnnDescriptor properties = new CudnnDescriptor(this, "properties of the device", DEVICE_PROPERTIES)) {
            return properties
                    .setHandle(DEVICE_PROPERTIES_HANDLE, handle.value())
                    .finish()
                    .getText(DEVICE_PROPERTIES_JSON, TYPE_CHAR);
        }
    }

    /** 9.24.0. */
    String version() {
        return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }

    cudnnHandle handle() {
        return handle;
    }

    /**
     * Says for which device {@code descriptor} is: by the library's handle, or where there is no device by its properties.
     * Descriptors with a handle of their own have the first attribute, and 0 stands for none.
     */
    void target(CudnnDescriptor descriptor, int handleAttribute, int propertiesAttribute) {
        if (device != null) {
            if (propertiesAttribute != 0) descriptor.setDescriptor(propertiesAttribute, device);
        } else if (handleAttribute != 0) {
            descriptor.setHandle(handleAttribute, handle.value());
        }
    }

    /** Where the values of an attribute are passed and returned. */
    ByteBuffer values() {
        return values;
    }

    /** The same memory for JCudnn. */
    Pointer valuesPointer() {
        return valuesPointer;
    }

    /** Throws unless {@code status} means success; the error says what was tried, and cuDNN's own name and text. */
    void check(String what, int status) {
        if (status != cudnnStatus.CUDNN_STATUS_SUCCESS) {
            throw new CudnnException("cuDNN: " + what + " failed: " + describe(status));
        }
    }

    /** cuDNN numbered its codes anew in version 9, so that JCudnn's own table of names does not fit. */
    private String describe(int status) {
        byte[] message = new byte[MESSAGE_BYTES];
        lastError.invokeVoid(new Object[] {message, (long) message.length});
        return JCudnn.cudnnGetErrorString(status) + ": "
                + Native.toString(message).strip();
    }

    @Override
    public void close() {
        if (device == null) JCudnn.cudnnDestroy(handle);
        else device.close();
    }
}
