package greg.bench;

/** JVM arguments of every fork, so that all rivals run under the same conditions. */
final class BenchJvm {
    /** Enough for each benchmark; the tensors live outside the heap. */
    static final String HEAP = "-Xmx2g";

    /** No garbage collector threads besides the two cores under test. */
    static final String GC = "-XX:+UseSerialGC";

    /** Otherwise JavaCPP counts native tensors against the heap's limit and runs the garbage collector to meet it. */
    static final String NO_JAVACPP_BYTES = "-Dorg.bytedeco.javacpp.maxBytes=0";

    /** Otherwise JavaCPP refuses to allocate once the process is larger than four heaps. */
    static final String NO_JAVACPP_RSS = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0";

    private BenchJvm() {}
}
