package greg.bench;

/** JVM arguments of every fork, so that rivals run in the same kind of process. */
final class BenchJvm {
    /** Enough for each benchmark; the tensors live outside the heap. */
    static final String HEAP = "-Xmx2g";

    /** No collector threads beside the two cores under test. */
    static final String GC = "-XX:+UseSerialGC";

    /** JavaCPP would else count native tensors against the heap's limit and collect garbage to meet it. */
    static final String NO_JAVACPP_BYTES = "-Dorg.bytedeco.javacpp.maxBytes=0";

    /** JavaCPP would else refuse to allocate once the process is larger than four heaps. */
    static final String NO_JAVACPP_RSS = "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0";

    /** The cuda backend opens with its own kernels alone, without cuDNN and cuBLAS. */
    static final String CUDA_KERNELS = "-Dgreg.cuda.kernels-only=true";

    private BenchJvm() {}
}
