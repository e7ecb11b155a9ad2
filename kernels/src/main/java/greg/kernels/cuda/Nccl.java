package greg.kernels.cuda;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import greg.kernels.KernelException;
import java.nio.file.Path;
import java.util.Map;

/** The functions of NCCL that data-parallel training needs, called through JNA since JCuda has none of them. A {@code size_t} is a long. */
final class Nccl {
    /** Bytes of a unique id. */
    static final int ID_BYTES = 128;

    /** Values of {@code ncclDataType_t} and {@code ncclRedOp_t}. */
    private static final int FLOAT32 = 7;

    private static final int SUM = 0;
    private static final int AVERAGE = 4;

    private static final int SUCCESS = 0;

    /** As of any library here: functions are bound when they are called, and serve nobody else. */
    private static final int RTLD_LAZY = 1;

    private final Function getErrorString;
    private final Function getLastError;
    private final Function getVersion;
    private final Function getUniqueId;
    private final Function commInitRank;
    private final Function commDestroy;
    private final Function allReduce;
    private final Function groupStart;
    private final Function groupEnd;

    /** What one rank makes and all others get by other means: passed by value. */
    @Structure.FieldOrder("internal")
    public static final class UniqueId extends Structure implements Structure.ByValue {
        /** Opaque. */
        public byte[] internal = new byte[ID_BYTES];
    }

    /** The library in a file; LinkageError if it is not one, or lacks a function. */
    Nccl(Path file) {
        NativeLibrary library =
                NativeLibrary.getInstance(file.toString(), Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY));
        getErrorString = library.getFunction("ncclGetErrorString");
        getLastError = library.getFunction("ncclGetLastError");
        getVersion = library.getFunction("ncclGetVersion");
        getUniqueId = library.getFunction("ncclGetUniqueId");
        commInitRank = library.getFunction("ncclCommInitRank");
        commDestroy = library.getFunction("ncclCommDestroy");
        allReduce = library.getFunction("ncclAllReduce");
        groupStart = library.getFunction("ncclGroupStart");
        groupEnd = library.getFunction("ncclGroupEnd");
    }

    /** As 22703 for 2.27.3. */
    int version() {
        IntByReference version = new IntByReference();
        check("ncclGetVersion", getVersion, version);
        return version.getValue();
    }

    /** An id for a new communicator. */
    byte[] uniqueId() {
        UniqueId id = new UniqueId();
        id.write();
        check("ncclGetUniqueId", getUniqueId, id.getPointer());
        id.read();
        return id.internal;
    }

    /** Waits until all ranks have called it with the same id; works on the current context's device. */
    Pointer join(byte[] uniqueId, int ranks, int rank) {
        UniqueId id = new UniqueId();
        System.arraycopy(uniqueId, 0, id.internal, 0, ID_BYTES);
        PointerByReference communicator = new PointerByReference();
        check("ncclCommInitRank", commInitRank, communicator, ranks, id, rank);
        return communicator.getValue();
    }

    /** In place: float32 sums over all ranks, or means, queued in the stream. */
    void allReduce(Pointer communicator, Pointer values, long count, boolean mean, Pointer stream) {
        check("ncclAllReduce", allReduce, values, values, count, FLOAT32, mean ? AVERAGE : SUM, communicator, stream);
    }

    /** What is queued until {@link #groupEnd} is launched together. */
    void groupStart() {
        check("ncclGroupStart", groupStart);
    }

    /** Launches the group. */
    void groupEnd() {
        check("ncclGroupEnd", groupEnd);
    }

    /** The stream must have finished. */
    void leave(Pointer communicator) {
        check("ncclCommDestroy", commDestroy, communicator);
    }

    private void check(String name, Function function, Object... arguments) {
        int result = function.invokeInt(arguments);
        if (result == SUCCESS) return;
        Object[] none = {Pointer.NULL};
        String detail = getLastError.invokeString(none, false);
        throw new KernelException("NCCL: " + name + " failed: "
                + getErrorString.invokeString(new Object[] {result}, false)
                + (detail == null || detail.isBlank() ? "" : " (" + detail.strip() + ")")
                + "; NCCL_DEBUG=INFO makes NCCL say more");
    }
}
