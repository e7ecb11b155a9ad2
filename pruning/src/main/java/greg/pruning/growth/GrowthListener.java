package greg.pruning.growth;

import greg.tensor.Tensor;

/** Hears what a run does; overrides what it wants to hear. */
public interface GrowthListener {
    /** The loop is about to begin, or to go on; {@code run} can be saved whenever {@link #stepped} is called. */
    default void started(GrowingRegularization run) {}

    /** One layer was visited by a penalty update. */
    default void visited(GrowthEvent event) {}

    /**
     * One training step was taken.
     *
     * @param loss of this iteration before the step; reading it waits for the device
     */
    default void stepped(long iteration, GrowthSchedule.Phase phase, Tensor loss) {}

    /** Asked after the step of {@code iteration}, unless it was the last: true ends the schedule there. */
    default boolean stop(long iteration) {
        return false;
    }

    /**
     * The schedule was ended by {@link #stop}.
     *
     * @param chosen layers whose groups to remove were known by then, and stay
     * @param now layers whose groups were chosen at the end
     */
    default void cutShort(int chosen, int now) {}
}
