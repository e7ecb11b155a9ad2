package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Map;

/**
 * Finds out whether a training has diverged. The loss alone does not show it: a ReLU may turn NaN into 0 (the cpu backend's
 * does), after which the network outputs the bias of its last layer and the loss looks normal.
 */
public final class Finite {
    private Finite() {}

    /**
     * Names the first parameter whose sum of absolute values is not finite, with that sum; null if all are finite.
     * Reads every parameter once on the device, so call it once per epoch or every few hundred steps.
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
