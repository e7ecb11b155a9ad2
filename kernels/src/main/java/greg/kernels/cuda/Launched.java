package greg.kernels.cuda;

/** What was issued to the stream; {@code toString()} says it in full, for the message of a fault. */
interface Launched {
    /** The name under which profiles add it up, such as {@code elementwise add} or {@code cuDNN forward}. */
    String kernel();

    /**
     * Bytes of its operands, each read or written once. What is found through a table of addresses, or picked from a data set by an
     * index, is not counted.
     */
    long bytes();

    /** A copy or a fill by the driver. */
    record ByDriver(String kernel, long bytes) implements Launched {}
}
