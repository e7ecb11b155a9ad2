package greg.bench.gpu;

/** Kernels over activations that are limited by memory bandwidth. */
enum ArrayKernel {
    /** y = max(x, 0). */
    RELU("relu", "elementwise", 8, "2 elements each"),
    /** y = a + b, as at the end of a residual block. */
    ADD("add", "elementwise", 12, "3 with two inputs"),
    /** Loss and gradient of 1000 classes. */
    SOFTMAX("softmax, cross-entropy, gradient", "softmax_loss", 8, "8 per logit");

    /** Classes of the softmax. */
    static final int CLASSES = 1000;

    private final String text;
    private final String source;
    private final int bytes;
    private final String claim;

    ArrayKernel(String text, String source, int bytes, String claim) {
        this.text = text;
        this.source = source;
        this.bytes = bytes;
        this.claim = claim;
    }

    String text() {
        return text;
    }

    String source() {
        return source;
    }

    String claim() {
        return claim;
    }

    int bytesPerElement() {
        return bytes;
    }

    /** The largest smaller count that the kernel accepts. */
    int round(int elements) {
        return this == SOFTMAX ? Math.max(1, elements / CLASSES) * CLASSES : elements;
    }
}
