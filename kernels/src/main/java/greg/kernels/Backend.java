package greg.kernels;

/**
 * A device and its kernels. A backend is used from one thread: the one that computes.
 *
 * <p>Every kernel checks nothing but what its specification record cannot know; ops validate, kernels trust. A kernel
 * may be asynchronous; {@link TransferKernels#download} and {@link #synchronize()} wait.
 */
public interface Backend extends AutoCloseable {
    /** {@code reference}, {@code cpu} or {@code cuda}. */
    default String name() {
        return device().kind();
    }

    /** What this backend runs on. */
    Device device();

    /** Where storages come from. */
    Memory memory();

    /** Copies between host and device, fills. */
    TransferKernels transfer();

    /** ReLU, ReLU6, addition, bias, dropout. */
    ElementwiseKernels elementwise();

    /** Sums to a scalar. */
    ReductionKernels reduction();

    /** Matrix products. */
    GemmKernels gemm();

    /** Convolutions and their two gradients. */
    Conv2dKernels conv2d();

    /** Batch normalisation with its fused forms. */
    BatchNormKernels batchNorm();

    /** Max, average and global average pooling. */
    Pool2dKernels pool2d();

    /** Parameter-free shortcuts: option A, and what is left of it when channels are pruned. */
    ShortcutKernels shortcut();

    /** Channels one after another. */
    ConcatKernels concat();

    /** Softmax and cross-entropy. */
    SoftmaxLossKernels softmaxLoss();

    /** The growing penalty's gradient and the group norms. */
    PenaltyKernels penalty();

    /** Parameter updates: penalty, weight decay, momentum and step in one pass. */
    UpdateKernels update();

    /** uint8 images to normalised, cropped, flipped batches. */
    AugmentKernels augment();

    /** Random numbers. */
    RandomKernels random();

    /**
     * Tells which input channel counts the coming convolutions have (the image's aside), so that a backend can choose
     * one activation layout for a whole network. Affects speed only; backends may ignore it.
     */
    default void expectChannels(int... convInputChannels) {}

    /** Waits until all kernels issued so far have finished. */
    default void synchronize() {}

    /** Frees plans and pooled memory; storages of this backend are unusable afterwards. */
    @Override
    void close();
}
