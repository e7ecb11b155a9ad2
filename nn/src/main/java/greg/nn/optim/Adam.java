package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.AdamSpec;
import greg.nn.Module;
import java.util.List;

/** Adam (Kingma and Ba 2015). */
public final class Adam extends Optimizer {
    private final AdamSpec spec;
    private long step;

    /** Set a learning rate before the first step. */
    public Adam(Module network, AdamSpec spec) {
        super(network, 2);
        this.spec = spec;
    }

    /** Steps taken so far; part of the state of a checkpoint. */
    public long stepCount() {
        return step;
    }

    /** Continues counting from a checkpoint. */
    public void stepCount(long taken) {
        step = taken;
    }

    @Override
    protected void update(Backend on, Storage rate, List<UpdateSlot> table) {
        on.update().adam(spec, rate, ++step, table);
    }
}
