package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * One launch of a kernel: arguments in the order of the entry's parameters, checked against them, then the grid. All
 * kernels run in blocks of {@value #THREADS} threads. Ends with {@link #grid} or {@link #over}; not reusable.
 */
final class Launch implements Launched {
    static final int THREADS = 256;

    private static final int LARGEST_GRID_YZ = 65535;
    /** Kernels count threads in 32 bits. */
    private static final int LARGEST_GRID_X = (int) ((1L << 32) / THREADS);

    private final CudaContext context;
    private final PtxModule module;
    private final String entry;
    private final List<PtxSource.Parameter> parameters;
    private final Object[] values;
    private int count;
    private int x;
    private int y;
    private int z;

    Launch(CudaContext context, PtxModule module, String entry) {
        this.context = context;
        this.module = module;
        this.entry = entry;
        parameters = module.parameters(entry);
        values = new Object[parameters.size()];
    }

    /** A number for a {@code u32} parameter. */
    Launch add(int value) {
        next(PtxSource.Kind.U32, value);
        return this;
    }

    /** A yes or no for a {@code u32} parameter: 1 or 0. */
    Launch add(boolean value) {
        return add(value ? 1 : 0);
    }

    /** A number for an {@code f32} parameter. */
    Launch add(float value) {
        next(PtxSource.Kind.F32, value);
        return this;
    }

    /** A number for a {@code u64} parameter. */
    Launch add(long value) {
        next(PtxSource.Kind.U64, value);
        return this;
    }

    /** The address of a storage of this backend, or null, for a {@code u64} parameter. */
    Launch add(Storage storage) {
        // a narrow gradient is widened here, by a launch of its own
        next(PtxSource.Kind.U64, storage == null ? null : CudaStorage.of(storage));
        context.uses(storage);
        return this;
    }

    /** All at once: other launches may have been made since the first, and the buffer is the same for all. */
    private ArgumentBuffer arguments() {
        ArgumentBuffer arguments = context.arguments();
        arguments.clear();
        for (Object value : values) {
            if (value instanceof Integer number) arguments.putInt(number);
            else if (value instanceof Float number) arguments.putFloat(number);
            else if (value instanceof Long number) arguments.putLong(number);
            else if (value instanceof CudaStorage storage)
                arguments.putLong(storage.address().value());
            else arguments.putLong(0);
        }
        return arguments;
    }

    private void next(PtxSource.Kind kind, Object value) {
        if (count >= parameters.size() || parameters.get(count).kind() != kind) {
            String expected = count < parameters.size()
                    ? parameters.get(count).kind().name().toLowerCase(Locale.ROOT)
                    : "no more than " + parameters.size() + " arguments";
            throw new KernelException("cuda: launch of " + this + ": expected " + expected + ", got "
                    + kind.name().toLowerCase(Locale.ROOT) + " " + text(value));
        }
        values[count++] = value;
    }

    private static String text(Object value) {
        return value instanceof Storage storage ? storage.type() + "[" + storage.length() + "]" : String.valueOf(value);
    }

    /** File, entry, arguments so far by name, and the grid: only built when something went wrong. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(module.name() + ".ptx " + entry + "(");
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(parameters.get(i).name())
                    .append('=')
                    .append(text(values[i]));
        }
        return text + ") in " + x + "x" + y + "x" + z + " blocks";
    }

    @Override
    public String kernel() {
        return module.name() + " " + entry;
    }

    @Override
    public long bytes() {
        long bytes = 0;
        for (Object value : values) {
            // bytes are tables, counters, and the images of a whole data set
            if (value instanceof CudaStorage storage && storage.type() != DType.UINT8) {
                bytes += storage.extent() * storage.type().bytes();
            }
        }
        return bytes;
    }

    /** Launches as many blocks as {@code elements} need at {@code perBlock} elements per block. */
    void over(long elements, int perBlock) {
        grid(blocks(elements, perBlock), 1, 1);
    }

    /** How many blocks {@code elements} need at {@code perBlock} elements per block. */
    static int blocks(long elements, int perBlock) {
        return Math.toIntExact((elements + perBlock - 1) / perBlock);
    }

    /**
     * The number of elements of this shape, for kernels that index with 32 bits.
     *
     * @throws IllegalArgumentException if it is 2^31 or more
     */
    static int elements(String operation, int... dims) {
        long product = 1;
        for (int d : dims) {
            product *= d;
            if (product > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(operation + " on cuda: expected fewer than 2^31 elements, got "
                        + Arrays.toString(dims) + "; use a smaller batch");
            }
        }
        return (int) product;
    }

    /**
     * Fours of channels of an activation (N, C, H, W) with this pitch, for kernels that have a thread for each.
     *
     * @throws IllegalArgumentException if it has 2^31 pixels, or 2^34 elements, or more
     */
    static long quads(String operation, int[] dims, int pitch) {
        long quads = (long) elements(operation, dims[0], dims[2], dims[3]) * (pitch / 4);
        if (quads >= 1L << 32) {
            throw new IllegalArgumentException(operation + " on cuda: expected fewer than 2^34 elements, got "
                    + Arrays.toString(dims) + "; use a smaller batch");
        }
        return quads;
    }

    /** Launches x times y times z blocks. */
    void grid(int x, int y, int z) {
        this.x = x;
        this.y = y;
        this.z = z;
        if (count < parameters.size()) {
            throw new KernelException("cuda: launch of " + this + ": argument "
                    + parameters.get(count).name() + " is missing");
        }
        if (x < 1 || y < 1 || z < 1 || y > LARGEST_GRID_YZ || z > LARGEST_GRID_YZ) {
            throw new KernelException("cuda: launch of " + this + ": expected 1 to " + LARGEST_GRID_YZ
                    + " blocks in y and z; use a smaller batch");
        }
        if (x > LARGEST_GRID_X) {
            throw new KernelException("cuda: launch of " + this + ": expected up to " + LARGEST_GRID_X
                    + " blocks in x; use a smaller batch");
        }
        Pointer extra = arguments().extra();
        int status = JCudaDriver.cuLaunchKernel(
                module.function(entry), x, y, z, THREADS, 1, 1, 0, context.stream(), null, extra);
        if (status != CUresult.CUDA_SUCCESS) context.check("launch of " + this, status);
        context.launched(this);
    }
}
