package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.AdamSpec;
import greg.nn.NnModule;
import java.util.List;

/** Adam (Kingma and Ba 2015). */
public final class Adam extends Optimizer {
    private final AdamSpec spec;

    /** Set a learning rate before the first step. */
    public Adam(NnModule network, AdamSpec spec) {
        super(network, 2);
        this.spec = spec;
    }

    @Override
    protected void update(Backend on, Storage rate, List<UpdateSlot> table) {
        on.update().adam(spec, rate, stepCount(), table);
    }
}
