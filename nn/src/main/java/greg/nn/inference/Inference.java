package greg.nn.inference;

import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferenceNode;
import greg.kernels.inference.InferencePlan;
import greg.nn.NnModule;
import greg.nn.TracedForward;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network made ready for inference on a fixed number of images of one size. On the CPU it is run as a whole: batch
 * normalization folded into the convolutions, sums and activation functions in the same pass, kernels chosen by measuring
 * them. The results agree with the network's own to rounding. Where an op has no form for this, or the backend has no faster way,
 * the network itself is run, in evaluation mode; {@link #description()} says so.
 *
 * <pre>{@code
 * try (Inference inference = Inference.of(network, 3, 32, 32, 64)) {
 *     float[] logits = inference.run(images); // (64, 3, 32, 32) -> (64, classes)
 * }
 * }</pre>
 *
 * <p>A network that is run as a whole is copied: changes of its weights do not reach the copy. Use it from the thread that uses the backend.
 */
public final class Inference implements AutoCloseable {
    /**
     * The time that a run spends in one operation.
     *
     * @param layer the name of a convolution or fully connected layer, else that of the op
     * @param nanos nanoseconds
     * @param macs multiply-accumulates for one image
     */
    public record LayerTime(String layer, long nanos, long macs) {}

    private final NnModule network;
    private final Shape input;
    private final InferenceGraph graph;
    private final InferencePlan plan;
    private final String description;

    /**
     * Traces the network on one image and makes it ready. Takes up to a few seconds, in which kernels are measured.
     *
     * @param images per run, at least 1
     */
    public static Inference of(NnModule network, int channels, int height, int width, int images) {
        return new Inference(network, Shape.of(images, channels, height, width));
    }

    private Inference(NnModule network, Shape input) {
        this.network = network;
        this.input = input;
        InferenceGraph traced = null;
        String why = network.backend().name() + " runs networks op by op";
        try {
            traced = traced(network, Shape.of(1, input.dim(1), input.dim(2), input.dim(3)));
        } catch (NoFormException e) {
            why = e.getMessage();
        }
        graph = traced;
        plan = graph == null ? null : network.backend().inference(graph, input.dim(0));
        description = plan == null ? "op by op, since " + why : plan.description();
    }

    /**
     * What a network computes for one image, whether or not its backend can run that as a whole.
     *
     * @param image (1, C, H, W)
     * @throws IllegalArgumentException if an op has no form for it, saying which
     */
    static InferenceGraph graph(NnModule network, Shape image) {
        try {
            return traced(network, image);
        } catch (NoFormException e) {
            throw new IllegalArgumentException("inference: " + e.getMessage(), e);
        }
    }

    private static InferenceGraph traced(NnModule network, Shape image) {
        return TracedForward.of(network, image, pass -> GraphBuilder.of(pass, names(network)));
    }

    private static Map<Tensor, String> names(NnModule network) {
        Map<Tensor, String> names = new IdentityHashMap<>();
        network.parameters().forEach((name, parameter) -> names.put(parameter.tensor(), name));
        return names;
    }

    /** How the network is run, one line. */
    public String description() {
        return description;
    }

    /** Whether it is run as a whole, not op by op. */
    public boolean whole() {
        return plan != null;
    }

    /**
     * The network's outputs for a batch.
     *
     * @param images (N, C, H, W), dense, normalised as in training
     * @return (N, outputs)
     */
    public float[] run(float[] images) {
        if (plan == null) return opByOp(images);
        float[] results = new float[input.dim(0) * graph.length(graph.output())];
        plan.run(images, results);
        return results;
    }

    private float[] opByOp(float[] images) {
        try (NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            Tensor x = scope.own(Tensor.of(network.backend(), input, images));
            return network.call(x).toHost();
        }
    }

    /**
     * Runs it once and says where the time goes, in the order of computation.
     *
     * @return nothing where the network is run op by op
     */
    public List<LayerTime> time() {
        if (plan == null) return List.of();
        long[] nanos = new long[graph.nodes().size()];
        plan.time(nanos);
        LayerTime[] times = new LayerTime[nanos.length];
        for (int i = 0; i < times.length; i++) {
            InferenceNode node = graph.nodes().get(i);
            times[i] = new LayerTime(node.name(), nanos[i], node.macs());
        }
        return List.of(times);
    }

    @Override
    public void close() {
        if (plan != null) plan.close();
    }
}
