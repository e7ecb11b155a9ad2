package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.spec.Conv2dSpec;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;

/**
 * One way to compute a convolution in inference, channels last: an implementation of oneDNN, on one of three views of the same
 * bytes.
 *
 * <ul>
 *   <li>As it is.
 *   <li>As a matrix product, where the kernel covers the whole input.
 *   <li>With {@code columns} neighbouring output pixels as channels of one pixel: a kernel that is {@code columns - 1} wider and
 *       moves by {@code columns} has {@code columns} times the filters, each with its taps shifted. Channels last, the result
 *       consists of the same bytes. The zeros among its taps cost something, but a filter then shares its vector register with its
 *       neighbours': a convolution to 2 channels, which otherwise leaves 6 lanes of 8 empty, takes half the time.
 * </ul>
 *
 * @param implementation oneDNN's name
 * @param columns output pixels in a row that are computed as one; 1 for the convolution as it is, 0 for the matrix product
 */
record ConvCandidate(String implementation, int columns) {
    /** Filters with neighbours up to this many; more of them fill registers without help. */
    private static final int MOST_FILTERS = 64;

    private static final int[] COLUMNS = {1, 2, 4, 8};

    /** A convolution's description for oneDNN in one view of input and output; {@code dense} is how its {@link #weight} lies. */
    record View(primitive_desc desc, memory.desc x, memory.desc y, memory.desc dense) {
        /** In which order oneDNN wants the weights. */
        memory.desc packed() {
            return desc.query_md(dnnl.dnnl_query_weights_md, 0);
        }
    }

    /** All ways for this convolution of {@code images} images; oneDNN's plain loops only if there is nothing else. */
    static List<ConvCandidate> all(OneDnn dnn, Convolution conv, int images, boolean inPlace) {
        List<ConvCandidate> found = new ArrayList<>();
        for (int columns : views(conv.spec())) {
            primitive_desc desc = view(dnn, conv, images, inPlace, columns).desc;
            do {
                String name = OneDnn.name(desc);
                if (!OneDnn.naive(name)) found.add(new ConvCandidate(name, columns));
            } while (desc.next_impl());
        }
        return found.isEmpty() ? List.of(naive(dnn, conv, images, inPlace)) : found;
    }

    /** oneDNN's plain loops for the convolution as it is, or null. */
    static ConvCandidate naive(OneDnn dnn, Convolution conv, int images, boolean inPlace) {
        primitive_desc desc = view(dnn, conv, images, inPlace, 1).desc;
        do {
            if (OneDnn.naive(desc)) return new ConvCandidate(OneDnn.name(desc), 1);
        } while (desc.next_impl());
        return null;
    }

    private static List<Integer> views(Conv2dSpec spec) {
        List<Integer> views = new ArrayList<>();
        if (covers(spec)) return List.of(0, 1);
        for (int columns : COLUMNS) {
            boolean possible = spec.groups() == 1 && spec.strideW() == 1 && spec.dilationW() == 1;
            if (columns == 1
                    || possible && spec.outW() % columns == 0 && columns * spec.outChannels() <= MOST_FILTERS) {
                views.add(columns);
            }
        }
        return views;
    }

    private static boolean covers(Conv2dSpec spec) {
        return spec.groups() == 1
                && spec.kernelH() == spec.h()
                && spec.kernelW() == spec.w()
                && spec.padH() + spec.padW() == 0;
    }

    /** The description of this candidate. */
    View view(OneDnn dnn, Convolution conv, int images, boolean inPlace) {
        View view = view(dnn, conv, images, inPlace, columns);
        while (!OneDnn.name(view.desc).equals(implementation)) {
            if (!view.desc.next_impl()) throw new IllegalStateException("oneDNN no longer has " + this);
        }
        return view;
    }

    private static View view(OneDnn dnn, Convolution conv, int images, boolean inPlace, int columns) {
        return columns == 0 ? product(dnn, conv, images, inPlace) : columns(dnn, conv, images, inPlace, columns);
    }

    /** (images, C H W) times (C H W, Cout). */
    private static View product(OneDnn dnn, Convolution conv, int images, boolean inPlace) {
        Conv2dSpec spec = conv.spec();
        int rows = spec.inChannels() * spec.h() * spec.w();
        int filters = spec.outChannels();
        memory.desc x = matrix(images, rows);
        memory.desc y = matrix(images, filters);
        memory.desc any = new memory.desc(new long[] {rows, filters}, memory.data_type.f32, memory.format_tag.any);
        primitive_attr attributes = PostOps.of(conv, y, inPlace);
        var desc = new matmul.primitive_desc(dnn.engine(), x, any, matrix(1, filters), y, attributes, false);
        return new View(desc, x, y, matrix(rows, filters));
    }

    private static memory.desc matrix(long rows, long columns) {
        return new memory.desc(new long[] {rows, columns}, memory.data_type.f32, new long[] {columns, 1});
    }

    private static View columns(OneDnn dnn, Convolution conv, int images, boolean inPlace, int columns) {
        Conv2dSpec wide = wide(conv.spec(), images, columns);
        ConvPlanner.Shape s = ConvPlanner.shape(wide, DType.FLOAT32, new LayoutChoice.Pair(Layout.NHWC, Layout.NHWC));
        var desc = new convolution_forward.primitive_desc(
                dnn.engine(),
                dnnl.dnnl_forward_inference,
                dnnl.dnnl_convolution_direct,
                s.x(),
                s.w(),
                s.b(),
                s.y(),
                s.strides(),
                s.dilations(),
                s.padding(),
                s.padding(),
                PostOps.of(conv, s.y(), inPlace),
                false);
        return new View(desc, s.x(), s.y(), ConvPlanner.denseWeight(wide));
    }

    /** The convolution of {@code images} images whose pixels are {@code columns} of the given one's. */
    private static Conv2dSpec wide(Conv2dSpec spec, int images, int columns) {
        return new Conv2dSpec(
                images,
                spec.inChannels(),
                spec.h(),
                spec.w(),
                columns * spec.outChannels(),
                spec.kernelH(),
                spec.kernelW() + columns - 1,
                spec.strideH(),
                columns == 1 ? spec.strideW() : columns,
                spec.padH(),
                spec.padW(),
                spec.dilationH(),
                spec.dilationW(),
                spec.groups());
    }

    /** The weight of a convolution in this view. */
    float[] weight(Convolution conv) {
        return columns == 0
                ? transposed(conv)
                : widened(conv.weight(), conv.spec().kernelW(), columns);
    }

    /** The bias in this view: once for each pixel that is computed together with others. */
    float[] bias(Convolution conv) {
        float[] bias = new float[Math.max(1, columns) * conv.bias().length];
        for (int i = 0; i < bias.length; i++) bias[i] = conv.bias()[i % conv.bias().length];
        return bias;
    }

    /** (C H W, Cout), with the rows in the order of the bytes of an image, channels last. */
    private static float[] transposed(Convolution conv) {
        Conv2dSpec spec = conv.spec();
        int pixels = spec.h() * spec.w();
        int filters = spec.outChannels();
        float[] weight = new float[conv.weight().length];
        for (int k = 0; k < filters; k++) {
            for (int c = 0; c < spec.inChannels(); c++) {
                for (int p = 0; p < pixels; p++) {
                    weight[(p * spec.inChannels() + c) * filters + k] =
                            conv.weight()[(k * spec.inChannels() + c) * pixels + p];
                }
            }
        }
        return weight;
    }

    /** The filters for each of several neighbouring pixels: rows of taps, shifted by 0, 1, ... in a wider row of zeros. */
    private static float[] widened(float[] weight, int kernelW, int columns) {
        if (columns == 1) return weight;
        int rows = weight.length / kernelW;
        int wide = kernelW + columns - 1;
        float[] result = new float[columns * rows * wide];
        for (int shift = 0; shift < columns; shift++) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(weight, row * kernelW, result, (shift * rows + row) * wide + shift, kernelW);
            }
        }
        return result;
    }
}
