package greg.kernels.cuda;

import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.util.List;
import java.util.Locale;
import jcuda.driver.JCudaDriver;

/**
 * One launch of a kernel: arguments in the order of the entry's parameters, checked against them, then the grid. All
 * kernels run in blocks of {@value #THREADS} threads. Used up by {@link #grid} or {@link #over}.
 */
final class Launch {
    static final int THREADS = 256;

    private static final int LARGEST_GRID_YZ = 65535;

    private final CudaContext context;
    private final PtxModule module;
    private final String entry;
    private final List<PtxSource.Parameter> parameters;
    private final ArgumentBuffer arguments;
    private final StringBuilder text = new StringBuilder();
    private int count;

    Launch(CudaContext context, PtxModule module, String entry) {
        this.context = context;
        this.module = module;
        this.entry = entry;
        parameters = module.parameters(entry);
        arguments = context.arguments();
        arguments.clear();
    }

    /** A number for a {@code u32} parameter. */
    Launch add(int value) {
        next(PtxSource.Kind.U32, value);
        arguments.putInt(value);
        return this;
    }

    /** A yes or no for a {@code u32} parameter: 1 or 0. */
    Launch add(boolean value) {
        return add(value ? 1 : 0);
    }

    /** A number for an {@code f32} parameter. */
    Launch add(float value) {
        next(PtxSource.Kind.F32, value);
        arguments.putFloat(value);
        return this;
    }

    /** A number for a {@code u64} parameter. */
    Launch add(long value) {
        next(PtxSource.Kind.U64, value);
        arguments.putLong(value);
        return this;
    }

    /** The address of a storage of this backend, or null, for a {@code u64} parameter. */
    Launch add(Storage storage) {
        next(PtxSource.Kind.U64, storage == null ? "null" : storage.type() + "[" + storage.length() + "]");
        arguments.putLong(
                storage == null ? 0 : CudaStorage.of(storage).address().value());
        return this;
    }

    private void next(PtxSource.Kind kind, Object value) {
        if (count >= parameters.size() || parameters.get(count).kind() != kind) {
            String expected = count < parameters.size()
                    ? parameters.get(count).kind().name().toLowerCase(Locale.ROOT)
                    : "no more than " + parameters.size() + " arguments";
            throw new KernelException("cuda: launch of " + entry + text + ": expected " + expected + ", got "
                    + kind.name().toLowerCase(Locale.ROOT) + " " + value);
        }
        text.append(count == 0 ? "(" : ", ")
                .append(parameters.get(count).name())
                .append('=')
                .append(value);
        count++;
    }

    /** Launches as many blocks as {@code elements} need at {@code perBlock} elements a block. */
    void over(long elements, int perBlock) {
        grid(blocks(elements, perBlock), 1, 1);
    }

    /** How many blocks {@code elements} need at {@code perBlock} elements a block. */
    static int blocks(long elements, int perBlock) {
        return Math.toIntExact((elements + perBlock - 1) / perBlock);
    }

    /** Launches x times y times z blocks. */
    void grid(int x, int y, int z) {
        String what = module.name() + ".ptx " + entry + text + ") in " + x + "x" + y + "x" + z + " blocks";
        if (count < parameters.size()) {
            throw new KernelException("cuda: launch of " + what + ": argument "
                    + parameters.get(count).name() + " is missing");
        }
        if (x < 1 || y < 1 || z < 1 || y > LARGEST_GRID_YZ || z > LARGEST_GRID_YZ) {
            throw new KernelException("cuda: launch of " + what + ": expected 1 to " + LARGEST_GRID_YZ
                    + " blocks in y and z; use a smaller batch");
        }
        int status = JCudaDriver.cuLaunchKernel(
                module.function(entry), x, y, z, THREADS, 1, 1, 0, context.stream(), null, arguments.extra());
        context.check("launch of " + what, status);
        context.launched(what);
    }
}
