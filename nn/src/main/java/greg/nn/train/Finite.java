package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/**
 * Finds out whether a training has diverged. The loss alone does not tell: a ReLU may turn NaN into 0 (the cpu backend's
 * does), and behind it the network answers with the bias of its last layer and a loss that looks well.
 */
public final class Finite {
    private Finite() {}

    /**
     * The first parameter of which the sum of absolute values is not finite, in words with that sum, or null if all are well.
     * Reads every parameter once on the device, so it belongs behind an epoch or some hundred steps.
     */
    public static String firstLost(NnModule network) {
        try (Tensor sum = Tensor.full(network.backend(), Shape.of(1), 0)) {
            for (Map.Entry<String, Parameter> entry : network.parameters().entrySet()) {
                Tensor p = entry.getValue().tensor();
                network.backend().reduction().sumAbs(p.shape().size(), p.storage(), sum.storage());
                float total = sum.item();
                if (!Float.isFinite(total)) return "sum |" + entry.getKey() + "| is " + total;
            }
        }
        return null;
    }
}
