package greg.nn.train;

import greg.kernels.Backend;
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
    private static final int[] ONE = {1};

    private Finite() {}

    /**
     * Names the first parameter whose sum of absolute values is not finite, with that sum; null if all are finite.
     * Reads every parameter once on the device and waits for it, so call it once per epoch or every few hundred steps.
     */
    public static String firstLost(NnModule network) {
        Backend backend = network.backend();
        Map<String, Parameter> parameters = network.parameters();
        try (Tensor sum = Tensor.full(backend, Shape.of(1), 0);
                Tensor total = Tensor.full(backend, Shape.of(1), 0)) {
            for (Parameter p : parameters.values()) {
                sumAbs(p.tensor(), sum);
                backend.elementwise().add(ONE, total.storage(), sum.storage(), total.storage());
            }
            // a question for each parameter would keep the device waiting as often
            if (Float.isFinite(total.item())) return null;
            for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
                sumAbs(entry.getValue().tensor(), sum);
                float lost = sum.item();
                if (!Float.isFinite(lost)) return "sum |" + entry.getKey() + "| is " + lost;
            }
        }
        return null;
    }

    private static void sumAbs(Tensor p, Tensor sum) {
        p.backend().reduction().sumAbs(p.shape().size(), p.storage(), sum.storage());
    }
}
