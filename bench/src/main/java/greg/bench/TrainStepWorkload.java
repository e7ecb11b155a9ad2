package greg.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The training step that every rival is timed on: a CIFAR ResNet with option-A shortcuts (He et al. 2016, section 4.2),
 * its first weights and one batch of noise.
 *
 * <p>All rivals do the same work and must get the same losses: forward in training mode, mean cross-entropy,
 * backward, then SGD with {@link #LEARNING_RATE}, {@link #MOMENTUM} and {@link #WEIGHT_DECAY} on <em>all</em> parameters.
 *
 * <p>The numbers come from SplitMix64 over (stream, index), so that a few lines in any language reproduce them: element
 * {@code i} of stream {@code s} is the top 24 bits of {@code mix((s << 32) + i + 1)}, scaled in double and rounded once. Stream 0 is
 * the images, stream 1 the labels, the parameters follow from 2 in the order of {@link #shapes}.
 */
public final class TrainStepWorkload {
    /** Step size; small, so that the first losses fall rather than jump. */
    public static final float LEARNING_RATE = 0.01f;

    /** Momentum of SGD, in PyTorch's form: v = momentum v + g, w = w - lr v. */
    public static final float MOMENTUM = 0.9f;

    /** L2 weight decay, added to the gradient of every parameter. */
    public static final float WEIGHT_DECAY = 5e-4f;

    /** Classes of CIFAR-10. */
    public static final int CLASSES = 10;

    private static final int[] WIDTHS = {16, 32, 64};

    private final int depth;
    private final int batch;
    private final Map<String, int[]> shapes;

    private TrainStepWorkload(int depth, int batch) {
        this.depth = depth;
        this.batch = batch;
        this.shapes = Collections.unmodifiableMap(layout(depth));
    }

    /**
     * The workload of an architecture.
     *
     * @param arch {@code resnetD} with D = 6n + 2, such as resnet20 or resnet56
     * @param batch images in a step, at least 1
     * @throws IllegalArgumentException if there is no such CIFAR ResNet, or the batch is empty
     */
    public static TrainStepWorkload of(String arch, int batch) {
        if (!arch.matches("resnet\\d{1,4}")) {
            throw new IllegalArgumentException(
                    "workload: expected an arch like resnet20 or resnet56, got '" + arch + "'");
        }
        int depth = Integer.parseInt(arch.substring("resnet".length()));
        if (depth < 8 || (depth - 2) % 6 != 0) {
            throw new IllegalArgumentException(
                    "workload: a CIFAR ResNet has 6n + 2 layers (8, 14, 20, ... 56, 110), got " + depth);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("workload: expected a batch of at least 1 image, got " + batch);
        }
        return new TrainStepWorkload(depth, batch);
    }

    /** Weighted layers, 6n + 2. */
    public int depth() {
        return depth;
    }

    /** Residual blocks in each of the three stages, n. */
    public int blocksPerStage() {
        return (depth - 2) / 6;
    }

    /** Images in a step. */
    public int batch() {
        return batch;
    }

    /** Channels of each of the three stages. */
    public static int[] widths() {
        return WIDTHS.clone();
    }

    /**
     * Name and shape of each trained parameter, in the usual PyTorch names and order: {@code conv1.weight} (O,I,H,W),
     * {@code bn1.weight}, {@code bn1.bias}, {@code layer1.0.conv1.weight}, ..., {@code linear.weight} (classes,64),
     * {@code linear.bias}.
     */
    public Map<String, int[]> shapes() {
        return shapes;
    }

    /**
     * First values of every parameter, row-major: convolutions and the linear weight uniform in &plusmn;sqrt(6 / fan-in)
     * (He et al. 2015), batch norm 1 and 0, the linear bias uniform in &plusmn;1/8. New arrays at each call.
     */
    public Map<String, float[]> parameters() {
        Map<String, float[]> values = new LinkedHashMap<>();
        long stream = 2;
        for (Map.Entry<String, int[]> entry : shapes.entrySet()) {
            values.put(entry.getKey(), first(entry.getKey(), entry.getValue(), stream++));
        }
        return values;
    }

    /** The batch, NCHW (batch,3,32,32), uniform with mean 0 and variance 1, as normalized images have. */
    public float[] images() {
        return uniform(0, batch * 3 * 32 * 32, Math.sqrt(3));
    }

    /** One class of {@link #CLASSES} for each image. */
    public int[] labels() {
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = (int) (bits(1, i) % CLASSES);
        }
        return labels;
    }

    private static Map<String, int[]> layout(int depth) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        convNorm(shapes, "conv1", "bn1", 3, 16);
        int in = 16;
        for (int stage = 0; stage < WIDTHS.length; stage++) {
            for (int block = 0; block < (depth - 2) / 6; block++) {
                String at = "layer" + (stage + 1) + "." + block + ".";
                convNorm(shapes, at + "conv1", at + "bn1", in, WIDTHS[stage]);
                convNorm(shapes, at + "conv2", at + "bn2", WIDTHS[stage], WIDTHS[stage]);
                in = WIDTHS[stage];
            }
        }
        shapes.put("linear.weight", new int[] {CLASSES, in});
        shapes.put("linear.bias", new int[] {CLASSES});
        return shapes;
    }

    private static void convNorm(Map<String, int[]> shapes, String conv, String norm, int in, int out) {
        shapes.put(conv + ".weight", new int[] {out, in, 3, 3});
        shapes.put(norm + ".weight", new int[] {out});
        shapes.put(norm + ".bias", new int[] {out});
    }

    private static float[] first(String name, int[] shape, long stream) {
        if (name.equals("linear.bias")) {
            return uniform(stream, shape[0], 0.125);
        }
        if (shape.length == 1) {
            float[] norm = new float[shape[0]];
            Arrays.fill(norm, name.endsWith(".weight") ? 1 : 0);
            return norm;
        }
        int fanIn = 1;
        for (int d = 1; d < shape.length; d++) {
            fanIn *= shape[d];
        }
        return uniform(stream, shape[0] * fanIn, Math.sqrt(6.0 / fanIn));
    }

    /** Values in [-bound, bound). */
    private static float[] uniform(long stream, int count, double bound) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) ((bits(stream, i) * 0x1p-23 - 1) * bound);
        }
        return values;
    }

    /** 24 random bits: the finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long bits(long stream, int index) {
        long z = ((stream << 32) + index + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (z ^ (z >>> 31)) >>> 40;
    }
}
