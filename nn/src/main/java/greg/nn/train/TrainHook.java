package greg.nn.train;

/** What a training loop tells; a hook overrides what it wants to hear. */
public interface TrainHook {
    /** Before the forward pass of iteration {@code iteration} (from 0, over all epochs). */
    default void beforeStep(long iteration) {}

    /** After the update of iteration {@code iteration}. */
    default void afterStep(long iteration) {}

    /** After the last step of an epoch (from 0), with the training score of that epoch. */
    default void afterEpoch(int epoch, Score train) {}

    /**
     * Asked after every step, after the last one of an epoch when {@link #afterEpoch} has been called; true ends the loop
     * there. {@link Trainer#position()} then says where to go on.
     */
    default boolean stop() {
        return false;
    }
}
