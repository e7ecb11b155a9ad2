package greg.nn.inference;

import greg.kernels.inference.Activation;
import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode;
import greg.kernels.inference.InferenceNode.Binary;
import greg.kernels.inference.InferenceNode.Concatenation;
import greg.kernels.inference.InferenceNode.Convolution;
import greg.kernels.inference.InferenceNode.Function;
import greg.kernels.inference.InferenceNode.Pooling;
import greg.kernels.inference.InferenceNode.Upsampling;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.ShortcutSpec;
import greg.kernels.spec.UpsampleNearestSpec;
import greg.nn.Parameter;
import greg.nn.TracedForward;
import greg.tensor.InferenceBuilder;
import greg.tensor.Node;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the graph of a traced forward pass on one image. On the way it folds into a convolution what follows it and reads nothing else:
 * batch normalization (into the weights, in double), the sum with a residual, the activation function.
 */
final class GraphBuilder implements InferenceBuilder {
    private final Map<Tensor, String> names;
    private final Map<Tensor, Integer> values = new IdentityHashMap<>();
    private final Map<Tensor, Integer> readers = new IdentityHashMap<>();
    private final int[] input;
    private final List<InferenceNode> nodes = new ArrayList<>();
    private final List<Integer> uses = new ArrayList<>();
    private String op = "";

    private GraphBuilder(Tensor x, Map<Tensor, String> names) {
        this.names = names;
        input = x.shape().dims();
        values.put(x, 0);
        uses.add(1);
    }

    /**
     * The graph.
     *
     * @param names of the parameters
     * @throws NoFormException if an op has no form, saying which
     */
    static InferenceGraph of(TracedForward pass, Map<Tensor, String> names) {
        GraphBuilder builder = new GraphBuilder(pass.x(), names);
        for (Node node : pass.nodes()) {
            for (Tensor in : node.inputs()) builder.readers.merge(in, 1, Integer::sum);
        }
        builder.readers.merge(pass.y(), 1, Integer::sum);
        for (Node node : pass.nodes()) builder.add(node);
        return builder.finish(pass.y());
    }

    private void add(Node node) {
        // what does not depend on the image is a constant, whatever computes it
        if (node.inputs().stream().noneMatch(values::containsKey)) return;
        op = node.op().name();
        int value = node.op().infer(this);
        if (value == NONE) throw noForm();
        values.put(node.output(), value);
        // the result takes the place of one reader of what it was folded into
        uses.set(value, uses.get(value) - 1 + readers.getOrDefault(node.output(), 0));
    }

    private NoFormException noForm() {
        return new NoFormException("the op " + op + " has no form for inference as a whole");
    }

    private InferenceGraph finish(Tensor y) {
        Integer output = values.get(y);
        if (output == null || output == 0)
            throw new NoFormException("the output does not come from an op on the image");
        int[] dims = dims(output);
        if (dims[2] * dims[3] > 1) throw new NoFormException("the output has more than one value per channel");
        if (output != nodes.size()) throw new NoFormException("the output is not computed last");
        return new InferenceGraph(input, nodes);
    }

    @Override
    public int value(Tensor tensor) {
        Integer value = values.get(tensor);
        return value == null ? NONE : value;
    }

    @Override
    public float[] constant(Tensor tensor) {
        if (values.containsKey(tensor)) {
            throw noForm(); // a weight that depends on the image
        }
        return tensor.toHost();
    }

    private int[] dims(int value) {
        return value == 0 ? input : nodes.get(value - 1).yDims();
    }

    private int put(InferenceNode node) {
        nodes.add(node);
        uses.add(1);
        return nodes.size();
    }

    /** The node of a value that nobody else reads, or null. */
    private InferenceNode foldable(int value) {
        return value == 0 || uses.get(value) != 1 ? null : nodes.get(value - 1);
    }

    private String layer(Tensor weight) {
        String name = names.get(weight);
        return name == null ? op : Parameter.layerName(name);
    }

    @Override
    public int convolution(Conv2dSpec spec, int x, Tensor weight, Tensor bias) {
        if (x == NONE || values.containsKey(weight) || !Arrays.equals(dims(x), spec.xDims())) return NONE;
        float[] b = bias == null ? new float[spec.outChannels()] : constant(bias);
        return put(
                new Convolution(layer(weight), spec, x, Convolution.NO_RESIDUAL, constant(weight), b, Activation.NONE));
    }

    @Override
    public int linear(int x, Tensor weight, Tensor bias) {
        if (x == NONE) return NONE;
        int[] in = dims(x);
        int out = weight.shape().dim(0);
        if (in[1] * in[2] * in[3] != weight.shape().dim(1)) return NONE;
        Conv2dSpec spec = new Conv2dSpec(1, in[1], in[2], in[3], out, in[2], in[3], 1, 1, 0, 0, 1, 1, 1);
        return convolution(spec, x, weight, bias);
    }

    @Override
    public int affine(int x, double[] scale, double[] shift) {
        if (x == NONE || dims(x)[1] != scale.length) return NONE;
        if (foldable(x) instanceof Convolution conv && conv.takesResidual()) {
            nodes.set(x - 1, conv.scaled(scale, shift));
            return x;
        }
        int[] in = dims(x);
        Conv2dSpec each = new Conv2dSpec(1, in[1], in[2], in[3], in[1], 1, 1, 1, 1, 0, 0, 1, 1, in[1]);
        float[] ones = new float[in[1]];
        Arrays.fill(ones, 1);
        return put(new Convolution(op, each, x, Convolution.NO_RESIDUAL, ones, new float[in[1]], Activation.NONE)
                .scaled(scale, shift));
    }

    @Override
    public int activation(int x, Activation function) {
        if (x == NONE) return NONE;
        InferenceNode before = foldable(x);
        InferenceNode merged = before == null ? null : before.then(function);
        if (merged == null) return put(new Function(op, dims(x), x, function));
        nodes.set(x - 1, merged);
        return x;
    }

    @Override
    public int add(int a, int b) {
        if (a == NONE || b == NONE || !Arrays.equals(dims(a), dims(b))) return NONE;
        int later = Math.max(a, b);
        int earlier = Math.min(a, b);
        if (later != earlier && foldable(later) instanceof Convolution conv && conv.takesResidual()) {
            nodes.set(later - 1, conv.plus(earlier));
            return later;
        }
        return put(new Binary(op, dims(a), a, b, false, false, Activation.NONE));
    }

    @Override
    public int multiply(int a, int b) {
        if (a == NONE || b == NONE || !Arrays.equals(dims(a), dims(b))) return NONE;
        return put(new Binary(op, dims(a), a, b, true, false, Activation.NONE));
    }

    @Override
    public int gate(int x, int gate) {
        if (x == NONE || gate == NONE) return NONE;
        int[] g = dims(gate);
        if (g[1] != dims(x)[1] || g[2] * g[3] != 1) return NONE;
        return put(new Binary(op, dims(x), x, gate, true, true, Activation.NONE));
    }

    /** Not the mean where windows that reach beyond the end count fewer values than others. */
    @Override
    public int pool(Pool2dSpec spec, int x) {
        if (x == NONE || !Arrays.equals(dims(x), spec.xDims())) return NONE;
        boolean uneven = spec.ceilMode()
                && ((spec.outH() - 1) * spec.strideH() + spec.kernelH() > spec.h() + 2 * spec.padH()
                        || (spec.outW() - 1) * spec.strideW() + spec.kernelW() > spec.w() + 2 * spec.padW());
        if (spec.kind() == Pool2dSpec.Kind.AVG && uneven) return NONE;
        return put(new Pooling(op, spec, x));
    }

    @Override
    public int globalAveragePool(int x) {
        if (x == NONE) return NONE;
        int[] in = dims(x);
        var kind = Pool2dSpec.Kind.AVG;
        return put(new Pooling(op, new Pool2dSpec(kind, 1, in[1], in[2], in[3], in[2], in[3], 1, 1, 0, 0, false), x));
    }

    @Override
    public int concat(ConcatSpec spec, int[] xs) {
        List<Integer> inputs = new ArrayList<>();
        for (int i = 0; i < xs.length; i++) {
            if (xs[i] == NONE || !Arrays.equals(dims(xs[i]), spec.xDims(i))) return NONE;
            inputs.add(xs[i]);
        }
        return put(new Concatenation(op, spec, inputs));
    }

    @Override
    public int upsampleNearest(UpsampleNearestSpec spec, int x) {
        return x == NONE ? NONE : put(new Upsampling(op, spec, x));
    }

    /** As a convolution with one pixel, whose weights are 1 where an output channel copies an input channel. */
    @Override
    public int shortcut(ShortcutSpec spec, int x) {
        if (x == NONE) return NONE;
        int in = spec.inChannels();
        int out = spec.outChannels();
        float[] weight = new float[out * in];
        for (int c = 0; c < out; c++) {
            int source = spec.sources().get(c);
            if (source != ShortcutSpec.ZERO) weight[c * in + source] = 1;
        }
        Conv2dSpec each = Conv2dSpec.of(1, in, spec.h(), spec.w(), out, 1, spec.stride(), 0);
        return put(new Convolution(op, each, x, Convolution.NO_RESIDUAL, weight, new float[out], Activation.NONE));
    }
}
