package greg.nn.train;

/**
 * What happens around the steps of a {@link Trainer}: the growing penalty, checkpoints, progress, metrics are hooks. A hook
 * overrides the methods that it needs. Hooks are called in the order in which they were added. Between {@link #beforeStep}
 * and {@link #afterStep} nothing is called, since a step may be a graph that the device replays.
 */
public interface TrainHook {
    /** Before the first step, also of training that is resumed. */
    default void started(TrainLoop loop) {}

    /** Before the step of {@link TrainLoop#iteration()}. */
    default void beforeStep(TrainLoop loop) {}

    /** After the step of {@link TrainLoop#iteration()}. */
    default void afterStep(TrainLoop loop) {}

    /**
     * After the last step of an epoch. Called again after a resume if the state was saved after that step, but before this call
     * had ended.
     *
     * @param epoch from 0
     * @param train loss and correct answers over the epoch's steps, each before its update
     */
    default void afterEpoch(TrainLoop loop, int epoch, Score train) {}

    /**
     * Asked after every step, and after {@link #afterEpoch} where an epoch ended; true ends the training there. Hooks after
     * one that answered true are not asked. Training that is resumed asks about the last step that was taken before it takes
     * another, since the state may have been saved before this was asked.
     */
    default boolean stop(TrainLoop loop) {
        return false;
    }

    /** After the last step, however training ended; not after an exception. */
    default void ended(TrainLoop loop) {}

    /** Ends the training once this many steps are done, those before it was resumed included. */
    static TrainHook limit(long steps) {
        return new TrainHook() {
            @Override
            public boolean stop(TrainLoop loop) {
                return loop.iteration() + 1 >= steps;
            }
        };
    }
}
