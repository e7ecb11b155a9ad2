package greg.pruning.run;

/** Watches a run: receives its messages, shows its progress, and may ask it to stop. */
public interface RunMonitor {
    /** One line of text for a person. */
    void say(String format, Object... values);

    /**
     * A task begins.
     *
     * @param total units of work
     * @param unit e.g. {@code img}
     */
    Progress progress(String task, long total, String unit);

    /** Whether the run should save its state and stop; asked once after every step. */
    boolean stopRequested();

    /**
     * Whether something would be lost if the process ended now.
     *
     * @param steps true after a step, false after a checkpoint
     */
    void unsaved(boolean steps);
}
