package greg.bench.gpu;

/** How a kernel is launched while it is timed. */
enum Mode {
    /**
     * One data set again and again, from an idle device: what a loop on the host sees, including the host's time. Small data
     * stay in the cache.
     */
    LOOP,
    /** Each copy of the data once, by calls that wait in the queue after other work, so that the host is ahead. */
    STREAM,
    /** Each copy of the data once, by one replay of a graph. */
    GRAPH
}
