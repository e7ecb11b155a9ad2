package greg.nn.train;

import greg.nn.NnModule;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Loss and gradient of a network on one batch, in evaluation mode and without weight decay or penalty. Nothing of the network
 * changes: no step is taken, running statistics stay, no random number is drawn.
 *
 * @param loss mean cross-entropy
 * @param gradients dL/dw of every parameter, flattened row-major, by its name
 */
public record LossGradient(float loss, Map<String, float[]> gradients) {
    /** On the next batch of {@code source}; may be called between two training steps. */
    public static LossGradient of(NnModule network, InputSource source) {
        try (NnModule.Evaluation evaluation = network.evaluating();
                Scope scope = Scope.open();
                Metrics unused = new Metrics(network.backend())) {
            InputSource.Input input = source.next();
            Tensor mean = CrossEntropyOp.apply(network.call(input.images()), input.labels(), unused.sums());
            Backprop.run(mean);
            Map<String, float[]> gradients = new LinkedHashMap<>();
            network.parameters()
                    .forEach((name, p) -> gradients.put(name, p.tensor().gradientToHost()));
            return new LossGradient(mean.item(), gradients);
        }
    }
}
