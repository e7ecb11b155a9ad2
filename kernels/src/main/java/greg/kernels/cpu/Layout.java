package greg.kernels.cpu;

import greg.kernels.DType;
import org.bytedeco.dnnl.memory;

/**
 * The order of a 4-D activation's elements in memory. All three have exactly N C H W elements. Where two of them
 * coincide (one pixel, one channel, 16 channels) {@link #canonical} picks the name that is stored.
 */
enum Layout {
    /** Dense NCHW; also every storage that is no 4-D activation. */
    PLAIN,
    /** Channels last: what oneDNN needs when a channel count is not a multiple of 16. */
    NHWC,
    /** nChw16c, blocks of 16 channels: fastest with AVX-512; only for multiples of 16 channels. */
    BLOCKED16;

    /** Channels in a block of {@link #BLOCKED16}. */
    static final int BLOCK = 16;

    /** The name under which this layout is stored, so that equal bytes have equal names. */
    Layout canonical(int channels, int pixels) {
        if (pixels == 1 || channels == 1) return PLAIN;
        if (this == NHWC && channels == BLOCK) return BLOCKED16;
        return this;
    }

    /**
     * How many channels of a pixel lie side by side. In every layout an activation is {@code n * channels / together}
     * consecutive pieces, each with all pixels in row order and that many channels at each pixel.
     */
    int together(int channels) {
        return switch (this) {
            case PLAIN -> 1;
            case NHWC -> channels;
            case BLOCKED16 -> BLOCK;
        };
    }

    /** oneDNN's descriptor of an activation (n, c, h, w) of FLOAT32 or BFLOAT16 elements. */
    memory.desc desc(DType type, int n, int c, int h, int w) {
        long[] dims = {n, c, h, w};
        memory.data_type element = element(type);
        return switch (this) {
            case PLAIN -> new memory.desc(dims, element, new long[] {(long) c * h * w, (long) h * w, w, 1});
            case NHWC -> new memory.desc(dims, element, new long[] {(long) h * w * c, 1, (long) w * c, c});
            case BLOCKED16 -> new memory.desc(dims, element, memory.format_tag.nChw16c);
        };
    }

    /** As {@link #desc(DType, int, int, int, int)}. */
    memory.desc desc(DType type, int[] dims) {
        return desc(type, dims[0], dims[1], dims[2], dims[3]);
    }

    /** As {@link #desc(DType, int, int, int, int)} of float32. */
    memory.desc desc(int n, int c, int h, int w) {
        return desc(DType.FLOAT32, n, c, h, w);
    }

    /** As {@link #desc(DType, int, int, int, int)} of float32. */
    memory.desc desc(int[] dims) {
        return desc(DType.FLOAT32, dims);
    }

    /** oneDNN's name of a type of numbers. */
    static memory.data_type element(DType type) {
        return type == DType.BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32;
    }

    /**
     * oneDNN's descriptor of one value per channel, (n, c), to be combined with an activation in this layout. The bytes are
     * the same for every layout, but oneDNN has naive loops where it is described as dense and the activation as in blocks
     * of 16 channels.
     */
    memory.desc perChannel(int n, int c) {
        return desc(n, c, 1, 1);
    }

    /** A dense descriptor of {@code n} elements in a row. */
    static memory.desc vector(DType type, long n) {
        return new memory.desc(new long[] {n}, element(type), new long[] {1});
    }

    /** A dense descriptor of {@code n} float32 elements in a row. */
    static memory.desc vector(long n) {
        return vector(DType.FLOAT32, n);
    }
}
