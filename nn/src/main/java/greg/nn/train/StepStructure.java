package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import java.util.List;

/**
 * What a training step is made of: tensors and masks of the network, the mode of each module, and what the optimizer works
 * on. A recorded step may be replayed while its structure is the same.
 */
record StepStructure(List<Object> parts) {
    static StepStructure of(NnModule network, Optimizer optimizer) {
        List<Object> parts = optimizer.structure();
        add(network, parts);
        return new StepStructure(parts);
    }

    private static void add(NnModule module, List<Object> parts) {
        parts.add(module);
        parts.add(module.isTraining());
        module.ownParameters().values().forEach(p -> parts.add(p.tensor()));
        module.ownBuffers().values().forEach(b -> parts.add(b.tensor()));
        module.children().values().forEach(child -> add(child, parts));
    }
}
