package greg.kernels.mpi;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import greg.kernels.KernelException;
import java.util.List;
import java.util.Map;

/**
 * MPI's C interface. Handles are what the implementation's {@code mpi.h} makes of the standard's names: addresses of objects in Open
 * MPI, fixed numbers in MPICH and those that keep its binary interface (Intel MPI, MVAPICH, Cray MPICH).
 */
final class MpiLibrary {
    /** System property: the file of the library. */
    static final String PROPERTY = "greg.mpi";

    private static final String OPEN_MPI = "libmpi.so.40";
    private static final String MPICH = "libmpi.so.12";

    /** Open MPI finds its own parts through what the process has loaded for all. */
    private static final int RTLD_NOW_GLOBAL = 2 | 0x100;

    private static final int SUCCESS = 0;

    /** MPI_THREAD_FUNNELED: the thread that initializes calls, and no other. */
    private static final int FUNNELED = 1;

    private final NativeLibrary library;
    private final Object world;
    private final Object floats;
    private final Object doubles;
    private final Object bytes;
    private final Object sum;
    private final Pointer inPlace;

    /** MPI of the kind that has started this process. */
    static MpiLibrary load() {
        String named = System.getProperty(PROPERTY);
        if (named == null && !Platform.isLinux()) {
            throw new KernelException("MPI: it is looked for on Linux only; name its file with -D" + PROPERTY + "=...");
        }
        List<String> names = named != null
                ? List.of(named)
                : System.getenv("PMI_RANK") != null && System.getenv("OMPI_COMM_WORLD_RANK") == null
                        ? List.of(MPICH, OPEN_MPI)
                        : List.of(OPEN_MPI, MPICH);
        String why = "";
        for (String name : names) {
            try {
                return new MpiLibrary(
                        NativeLibrary.getInstance(name, Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW_GLOBAL)));
            } catch (LinkageError e) {
                why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            }
        }
        throw new KernelException("MPI: no " + String.join(" or ", names) + " (" + why
                + "); install Open MPI (on Debian openmpi-bin) or MPICH, or name the library with -D" + PROPERTY
                + "=...");
    }

    private MpiLibrary(NativeLibrary library) {
        this.library = library;
        if (has(library, "ompi_mpi_comm_world")) {
            world = library.getGlobalVariableAddress("ompi_mpi_comm_world");
            floats = library.getGlobalVariableAddress("ompi_mpi_float");
            doubles = library.getGlobalVariableAddress("ompi_mpi_double");
            bytes = library.getGlobalVariableAddress("ompi_mpi_byte");
            sum = library.getGlobalVariableAddress("ompi_mpi_op_sum");
            inPlace = new Pointer(1);
        } else {
            world = 0x44000000;
            floats = 0x4c00040a;
            doubles = 0x4c00080b;
            bytes = 0x4c00010d;
            sum = 0x58000003;
            inPlace = new Pointer(-1);
        }
    }

    private static boolean has(NativeLibrary library, String symbol) {
        try {
            return library.getGlobalVariableAddress(symbol) != null;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /** To be called once, by the thread that makes all other calls. */
    void initialize() {
        call("MPI_Init_thread", Pointer.NULL, Pointer.NULL, FUNNELED, new IntByReference());
    }

    int rank() {
        IntByReference rank = new IntByReference();
        call("MPI_Comm_rank", world, rank);
        return rank.getValue();
    }

    int size() {
        IntByReference size = new IntByReference();
        call("MPI_Comm_size", world, size);
        return size.getValue();
    }

    void sumFloats(Pointer values, int count) {
        call("MPI_Allreduce", inPlace, values, count, floats, sum, world);
    }

    void sumDoubles(Pointer values, int count) {
        call("MPI_Allreduce", inPlace, values, count, doubles, sum, world);
    }

    void broadcast(Pointer values, int count, int root) {
        call("MPI_Bcast", values, count, bytes, root, world);
    }

    /** Waits for all. */
    void finish() {
        call("MPI_Finalize");
    }

    /** Ends all processes; may be called by any thread, since none goes on. */
    void abort(int exitCode) {
        library.getFunction("MPI_Abort").invokeInt(new Object[] {world, exitCode});
    }

    private void call(String name, Object... arguments) {
        Function function = library.getFunction(name);
        int code = function.invokeInt(arguments);
        if (code != SUCCESS) throw new KernelException("MPI: " + name + " failed with code " + code);
    }
}
