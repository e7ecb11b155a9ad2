package greg.nn.optim;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.kernels.spec.AdamSpec;
import greg.nn.NnModule;

/** The kinds of optimizer. */
public enum OptimizerKind {
    /** Stochastic gradient descent with momentum and weight decay. */
    @JsonProperty("sgd")
    SGD,
    /** Adam with its usual constants. */
    @JsonProperty("adam")
    ADAM;

    /**
     * A new one; the caller closes it.
     *
     * @param momentum of SGD; Adam has none
     * @param weightDecay L2 coefficient on every parameter
     */
    public Optimizer make(NnModule network, double momentum, double weightDecay) {
        return this == ADAM
                ? new Adam(network, AdamSpec.standard(weightDecay))
                : new Sgd(network, (float) momentum, (float) weightDecay);
    }
}
