package greg.kernels.cuda;

/** The order of a 4-D activation's elements on the device. Storages of other ranks are dense, which is NCHW here. */
enum CudaLayout {
    NCHW,
    /** Channels last: what tensor cores need. */
    NHWC;

    /** The same order under its canonical name: with one channel, or one pixel, both orders are the same. */
    CudaLayout canonical(int[] dims) {
        return dims.length != 4 || dims[1] == 1 || dims[2] * dims[3] == 1 ? NCHW : this;
    }

    /** Elements between two channels of (n, c, h, w). */
    int inner(int h, int w) {
        return this == NCHW ? h * w : 1;
    }
}
