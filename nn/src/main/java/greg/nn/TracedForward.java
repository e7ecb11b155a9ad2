package greg.nn;

import greg.tensor.NoGrad;
import greg.tensor.Node;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.Trace;
import java.util.List;
import java.util.function.Function;

/**
 * A forward pass on one image, to find out what a network consists of.
 *
 * @param nodes the applications of ops, in order
 * @param x the image, zeros
 * @param y the output
 */
public record TracedForward(List<Node> nodes, Tensor x, Tensor y) {
    /**
     * Traces {@code network} in evaluation mode; its state does not change. On {@link greg.kernels.dry.DryBackend} nothing is
     * computed.
     *
     * @param image (1, C, H, W)
     * @param use makes something of the trace, whose tensors are released when it returns
     */
    public static <R> R of(NnModule network, Shape image, Function<TracedForward, R> use) {
        try (NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                NoGrad off = NoGrad.begin();
                Trace trace = Trace.begin()) {
            Tensor x = scope.own(Tensor.full(network.backend(), image, 0));
            Tensor y = network.call(x);
            return use.apply(new TracedForward(trace.nodes(), x, y));
        }
    }
}
