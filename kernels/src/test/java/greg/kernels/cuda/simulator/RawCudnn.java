package greg.kernels.cuda.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** The software device's cuDNN, called as C calls it, so that every mistake can be made. */
final class RawCudnn implements AutoCloseable {
    static final int HANDLE = 0;
    static final int DATA_TYPE = 1;
    static final int INT64 = 3;
    static final int FLOAT = 4;
    static final int VOID_PTR = 6;
    static final int MODE = 7;
    static final int HEURISTIC = 8;
    static final int KNOB = 9;
    static final int DESCRIPTOR = 15;

    private static NativeLibrary library;

    private final Pointer handle;

    RawCudnn(CUstream stream) {
        if (library == null) {
            Path file = Path.of(System.getProperty("greg.cuda.simulator", "target/simulator"), "libcudnn.so.9")
                    .toAbsolutePath();
            System.load(file.toString());
            library = NativeLibrary.getInstance(file.toString());
        }
        PointerByReference made = new PointerByReference();
        ok(call("cudnnCreate", made));
        handle = made.getValue();
        ok(call("cudnnSetStream", handle, new Pointer(SoftwareDevice.address(stream))));
    }

    Pointer handle() {
        return handle;
    }

    static int call(String function, Object... arguments) {
        return library.getFunction(function).invokeInt(arguments);
    }

    static void ok(int status) {
        assertEquals(0, status, RawCudnn::lastError);
    }

    static String lastError() {
        byte[] text = new byte[2048];
        library.getFunction("cudnnGetLastErrorString").invokeVoid(new Object[] {text, (long) text.length});
        return Native.toString(text);
    }

    static String name(int status) {
        return library.getFunction("cudnnGetErrorString").invokeString(new Object[] {status}, false);
    }

    /** The call failed with this status, and the library said all of these words. */
    static void fails(String expected, int status, String... words) {
        assertEquals("CUDNN_STATUS_" + expected, name(status), RawCudnn::lastError);
        for (String word : words) {
            assertTrue(lastError().contains(word), "'" + word + "' in the message: " + lastError());
        }
    }

    /** A descriptor with its attributes still to be set; one can be left out or changed. */
    static final class Draft {
        private record Attribute(int type, Object[] values) {}

        private final int type;
        private final Map<Integer, Attribute> attributes = new TreeMap<>();

        Draft(int type) {
            this.type = type;
        }

        Draft with(int name, int attributeType, Object... values) {
            attributes.put(name, new Attribute(attributeType, values));
            return this;
        }

        Draft without(int name) {
            attributes.remove(name);
            return this;
        }

        /** The finalized descriptor. */
        Pointer make() {
            Pointer made = open();
            ok(call("cudnnBackendFinalize", made));
            return made;
        }

        /** The status of finalizing it. */
        int tried() {
            return call("cudnnBackendFinalize", open());
        }

        /** The descriptor, not finalized. */
        Pointer open() {
            Pointer made = create(type);
            attributes.forEach((name, attribute) -> ok(set(made, name, attribute.type, attribute.values)));
            return made;
        }
    }

    static Pointer create(int type) {
        PointerByReference made = new PointerByReference();
        ok(call("cudnnBackendCreateDescriptor", type, made));
        return made.getValue();
    }

    static int destroy(Pointer descriptor) {
        return call("cudnnBackendDestroyDescriptor", descriptor);
    }

    /** Values are Long, Integer, Float, Pointer or device memory. */
    static int set(Pointer descriptor, int name, int type, Object... values) {
        Memory memory = new Memory(8L * Math.max(1, values.length));
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof Long number) memory.setLong(8L * i, number);
            else if (values[i] instanceof Integer number) memory.setInt(4L * i, number);
            else if (values[i] instanceof Float number) memory.setFloat(4L * i, number);
            else if (values[i] instanceof Pointer pointer) memory.setPointer(8L * i, pointer);
            else memory.setLong(8L * i, SoftwareDevice.address((CUdeviceptr) values[i]));
        }
        return call("cudnnBackendSetAttribute", descriptor, name, type, (long) values.length, memory);
    }

    static int get(Pointer descriptor, int name, int type, long capacity, Memory into) {
        return call("cudnnBackendGetAttribute", descriptor, name, type, capacity, new LongByReference(), into);
    }

    static long number(Pointer descriptor, int name) {
        Memory memory = new Memory(8);
        ok(get(descriptor, name, INT64, 1, memory));
        return memory.getLong(0);
    }

    int execute(Pointer plan, Pointer pack) {
        return call("cudnnBackendExecute", handle, plan, pack);
    }

    @Override
    public void close() {
        ok(call("cudnnDestroy", handle));
    }
}
