package greg.pruning.run;

/** How far a task is, for whoever watches a run. */
public interface Progress extends AutoCloseable {
    /** Sets what stands beside the counter, e.g. loss and accuracy. */
    void note(String text);

    /** Adds units of finished work. */
    void step(long units);

    /** Counts work that an earlier part of the run did. */
    void skip(long units);

    /** Units per second so far, skipped work not counted. */
    double rate();

    /** The task is over. */
    @Override
    void close();
}
