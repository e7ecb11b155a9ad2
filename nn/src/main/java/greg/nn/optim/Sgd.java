package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.SgdSpec;
import greg.nn.NnModule;
import java.util.List;

/** Stochastic gradient descent with momentum, weight decay on all parameters, and the growing penalty. */
public final class Sgd extends Optimizer {
    private final SgdSpec spec;

    /** Set a learning rate before the first step. */
    public Sgd(NnModule network, SgdSpec spec) {
        super(network, 1);
        this.spec = spec;
    }

    /** Plain momentum. */
    public Sgd(NnModule network, float momentum, float weightDecay) {
        this(network, new SgdSpec(momentum, weightDecay, false, false));
    }

    @Override
    protected void update(Backend on, Storage rate, List<UpdateSlot> table) {
        on.update().sgd(spec, rate, table);
    }
}
