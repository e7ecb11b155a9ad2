package greg.pruning.run;

/** Progress of a task of a run. */
public interface Progress extends AutoCloseable {
    /** Sets the text beside the counter, e.g. loss and accuracy. */
    void note(String text);

    /** Adds units of finished work. */
    void step(long units);

    /** Counts work that was done before the run was resumed. */
    void skip(long units);

    /** Units per second so far, skipped work not counted. */
    double rate();

    /** The task is over. */
    @Override
    void close();
}
