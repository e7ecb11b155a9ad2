package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Precision;
import greg.kernels.Storage;

/**
 * The layout and type in which kernels hand activations to each other, and the way there and back. A kernel asks for its
 * inputs with {@link #activation} and for its outputs with {@link #target}, and says with {@link #wrote} that it is done:
 *
 * <pre>
 * CudaStorage in = layouts.activation(x, dims);
 * CudaStorage out = layouts.target(y, dims);
 * ... launch ...
 * layouts.wrote(out, y, dims);
 * in.release();
 * </pre>
 *
 * <p>Within a network both are the storages themselves. A storage that came from the host, or has no room for padding, is
 * rewritten.
 */
final class CudaLayouts {
    private static final int TILE = 32;
    private static final int LARGEST_BATCH = 65535;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final int largestBatch;

    CudaLayouts(CudaContext context, DeviceMemory memory) {
        this(context, memory, LARGEST_BATCH);
    }

    /** For tests: in batches larger than {@code largestBatch} a block handles several images. */
    CudaLayouts(CudaContext context, DeviceMemory memory, int largestBatch) {
        this.context = context;
        this.memory = memory;
        this.largestBatch = largestBatch;
    }

    /** Type of activations: BFLOAT16 or FLOAT32. */
    DType type() {
        return memory.activationType();
    }

    /** Channels of an activation with their padding. */
    int pitch(int channels) {
        return pitch(channels, type());
    }

    /** A multiple of 16 bytes, which cuDNN's tensor core kernels and vector accesses want. */
    static int pitch(int channels, DType type) {
        int multiple = multiple(type);
        return Math.multiplyExact((channels + multiple - 1) / multiple, multiple);
    }

    /** Channels are padded to a multiple of this many: those in 16 bytes, as far as 4 bytes an element go, 8 in 16 bits. */
    static int multiple(DType type) {
        return 16 / type.bytes();
    }

    /** The activation type of a precision. */
    static DType type(Precision precision) {
        return precision == Precision.BF16 ? DType.BFLOAT16 : DType.FLOAT32;
    }

    /**
     * The tensor {@code x} of rank 4 in NHWC, padded, in the type of activations: the storage itself or a copy, in either case
     * with a reference to be released.
     */
    CudaStorage activation(Storage x, int[] dims) {
        return channelsLast(x, dims, type(), pitch(dims[1]));
    }

    /** As {@link #activation} in another type, or with another pitch. */
    CudaStorage channelsLast(Storage x, int[] dims, DType type, int pitch) {
        CudaStorage from = CudaStorage.of(x);
        if (from.type() == type && from.isChannelsLast(dims, pitch)) {
            from.retain();
            return from;
        }
        CudaStorage copy = memory.take(type, from.length(), (long) dims[0] * dims[2] * dims[3] * pitch);
        if (from.layout() == CudaLayout.NCHW) {
            toChannelsLast(from, dims, copy, pitch);
        } else if (from.type() == type) {
            repitch(from, dims, copy, pitch);
        } else {
            CudaStorage dense = dense(from, dims);
            toChannelsLast(dense, dims, copy, pitch);
            dense.release();
        }
        return copy;
    }

    /** The tensor {@code x} of rank 4 dense in float32: the storage itself or a copy, in either case with a reference. */
    CudaStorage dense(Storage x, int[] dims) {
        CudaStorage from = CudaStorage.of(x);
        if (from.type() == DType.FLOAT32 && from.isDense(dims)) {
            from.retain();
            return from;
        }
        CudaStorage copy = memory.take(DType.FLOAT32, from.length());
        toDense(from, dims, copy);
        return copy;
    }

    /**
     * Where a kernel is to write the activation {@code y} in NHWC, padded, in the type of activations: the storage itself, or a
     * temporary if it has another type or no room. To be followed by {@link #wrote}.
     */
    CudaStorage target(Storage y, int[] dims) {
        CudaStorage to = CudaStorage.of(y);
        long extent = (long) dims[0] * dims[2] * dims[3] * pitch(dims[1]);
        if (to.type() == type() && to.room() >= extent) {
            to.retain();
            return to;
        }
        return memory.take(type(), to.length(), extent);
    }

    /** The kernel has written {@code target}, the answer of {@link #target} for {@code y}. */
    void wrote(CudaStorage target, Storage y, int[] dims) {
        target.wroteChannelsLast(dims, pitch(dims[1]));
        if (target != y) toDense(target, dims, CudaStorage.of(y));
        target.release();
    }

    /** {@code y} = {@code x} dense in float32. */
    void toDense(CudaStorage x, int[] dims, CudaStorage y) {
        if (y.type() != DType.FLOAT32) {
            throw new KernelException("cuda: expected a float32 storage for a dense tensor, got " + y.type());
        }
        if (x.layout() == CudaLayout.NCHW) {
            throw new KernelException("cuda: expected a tensor in NHWC to make dense, got a dense one");
        }
        convert("to_nchw", x.type(), x, dims, y, x.pitch());
        y.wrotePlain();
    }

    /** {@code y} = the dense float32 tensor {@code x} in NHWC. */
    private void toChannelsLast(CudaStorage x, int[] dims, CudaStorage y, int pitch) {
        convert("to_nhwc", y.type(), x, dims, y, pitch);
        y.wroteChannelsLast(dims, pitch);
    }

    private void convert(String entry, DType type, CudaStorage x, int[] dims, CudaStorage y, int pitch) {
        int pixels = Launch.elements("layout", dims[2], dims[3]);
        Launch.elements("layout", dims[1], pixels);
        context.launch("layout", entry, type)
                .add(x)
                .add(y)
                .add(dims[0])
                .add(dims[1])
                .add(pixels)
                .add(pitch)
                .grid(Launch.blocks(pixels, TILE), Launch.blocks(pitch, TILE), Math.min(dims[0], largestBatch));
    }

    /** {@code y} = {@code x} with another padding. */
    private void repitch(CudaStorage x, int[] dims, CudaStorage y, int pitch) {
        long n = (long) dims[0] * dims[2] * dims[3] * pitch;
        context.launch("layout", "repitch", y.type())
                .add(n)
                .add(x)
                .add(y)
                .add(dims[1])
                .add(x.pitch())
                .add(pitch)
                .over(n, Launch.THREADS);
        y.wroteChannelsLast(dims, pitch);
    }

    /**
     * Rewrites a weight (K, C, R, S), or what is kept beside one, in place into the order KRSC with this pitch, in which
     * convolutions read it; what it stands for does not change. Does nothing if it is so already.
     *
     * @return whether there is room for that order; without, convolutions take a copy
     */
    boolean arrange(CudaStorage w, int[] dims, int pitch) {
        if (w.isChannelsLast(dims, pitch)) return true;
        if (w.room() < (long) dims[0] * dims[2] * dims[3] * pitch) return false;
        refuseInCapture();
        CudaStorage arranged = channelsLast(w, dims, DType.FLOAT32, pitch);
        context.copy(arranged, w);
        w.wroteChannelsLast(dims, pitch);
        arranged.release();
        return true;
    }

    /** The reverse of {@link #arrange}: dense, in place. */
    void flatten(CudaStorage w, int[] dims) {
        if (w.isDense(dims)) return;
        refuseInCapture();
        CudaStorage flat = dense(w, dims);
        context.copy(flat, w);
        w.wrotePlain();
        flat.release();
    }

    private void refuseInCapture() {
        if (!context.capturing()) return;
        throw new KernelException(
                "cuda: a captured step cannot rearrange a weight: run the step once before capturing");
    }
}
