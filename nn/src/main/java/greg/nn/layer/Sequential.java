package greg.nn.layer;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.tensor.Tensor;

/** Modules one after another under the names 0, 1, 2, ..., as in PyTorch. */
public final class Sequential extends NnModule {
    /** In this order. */
    public Sequential(Backend backend, NnModule... modules) {
        super(backend);
        for (int i = 0; i < modules.length; i++) child(String.valueOf(i), modules[i]);
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (NnModule module : children().values()) y = module.forward(y);
        return y;
    }
}
