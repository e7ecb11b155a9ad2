package greg.pruning.growth;

import greg.nn.train.TrainHook;

/** A {@link TrainHook} that also receives what each update of the penalties does. */
@FunctionalInterface
public interface GrowthListener extends TrainHook {
    /** One layer was visited by an update, before the step of {@link GrowthEvent#iteration}. */
    void visited(GrowthEvent event);

    /** After the last step it is decided which groups are removed; the network still has them. */
    default void chosen() {}
}
