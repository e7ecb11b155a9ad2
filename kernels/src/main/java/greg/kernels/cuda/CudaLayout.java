package greg.kernels.cuda;

/** The order of a rank 4 tensor's elements on the device. Storages of other ranks are dense, which is NCHW here. */
enum CudaLayout {
    /** Dense, as on the host; float32. */
    NCHW,
    /**
     * Channels last, which tensor cores need, and padded with zeros to a pitch: a multiple of {@link
     * CudaLayouts#multiple}. What kernels hand to each other; of a weight (K, C, R, S) it is the order KRSC.
     */
    NHWC
}
