package greg.kernels;

import greg.kernels.inference.InferenceGraph;
import greg.kernels.inference.InferencePlan;
import java.util.List;

/**
 * A device and its kernels. A backend is used from one thread: the one that computes.
 *
 * <p>A kernel checks only what its specification record cannot know; ops validate, kernels trust. A kernel
 * may be asynchronous; {@link TransferKernels#download} and {@link #synchronize()} wait.
 */
public interface Backend extends AutoCloseable {
    /** {@code reference}, {@code cpu} or {@code cuda}. */
    default String name() {
        return device().kind();
    }

    /** What this backend runs on. */
    Device device();

    /** Allocates storages. */
    Memory memory();

    /** All families of kernels. */
    KernelFamilies kernels();

    /** Copies between host and device, fills. */
    default TransferKernels transfer() {
        return kernels().transfer();
    }

    /** Activation functions, addition, multiplication, bias, dropout. */
    default ElementwiseKernels elementwise() {
        return kernels().elementwise();
    }

    /** Sums to a scalar. */
    default ReductionKernels reduction() {
        return kernels().reduction();
    }

    /** Matrix products. */
    default GemmKernels gemm() {
        return kernels().gemm();
    }

    /** Convolutions and their two gradients. */
    default Conv2dKernels conv2d() {
        return kernels().conv2d();
    }

    /** Batch normalization with its fused forms. */
    default BatchNormKernels batchNorm() {
        return kernels().batchNorm();
    }

    /** Max, average and global average pooling. */
    default Pool2dKernels pool2d() {
        return kernels().pool2d();
    }

    /** Parameter-free shortcuts: option A, and what remains of it when channels are pruned. */
    default ShortcutKernels shortcut() {
        return kernels().shortcut();
    }

    /** Concatenation along the channels. */
    default ConcatKernels concat() {
        return kernels().concat();
    }

    /** One factor per channel of each image. */
    default GateKernels gate() {
        return kernels().gate();
    }

    /** Pixels repeated in both directions. */
    default UpsampleNearestKernels upsampleNearest() {
        return kernels().upsampleNearest();
    }

    /** Softmax and cross-entropy. */
    default SoftmaxLossKernels softmaxLoss() {
        return kernels().softmaxLoss();
    }

    /** The growing penalty's gradient and the group norms. */
    default PenaltyKernels penalty() {
        return kernels().penalty();
    }

    /** Parameter updates: penalty, weight decay, momentum and step in one pass. */
    default UpdateKernels update() {
        return kernels().update();
    }

    /** uint8 images to normalized, cropped, flipped batches. */
    default AugmentKernels augment() {
        return kernels().augment();
    }

    /** Random numbers. */
    default RandomKernels random() {
        return kernels().random();
    }

    /**
     * Announces the input channel counts of the convolutions to come (other than the image's), so that a backend can choose
     * one activation layout for a whole network. Affects speed only; backends may ignore it.
     */
    default void expectChannels(int... convInputChannels) {}

    /** In which format activations are stored and multiplied. */
    default Precision precision() {
        return Precision.FP32;
    }

    /**
     * Which of several implementations this backend has chosen for each operation so far, by measuring them: one line of text
     * per operation, of this backend's own format. Empty where there is nothing to choose. A run that is resumed with the same
     * choices ends with the same bits.
     */
    default List<String> planChoices() {
        return List.of();
    }

    /**
     * Makes these choices, of {@link #planChoices()}, before anything is measured. A choice that does not exist here, because the
     * library or the device is another one, is measured anew.
     *
     * @return what could not be chosen and why, one line each
     */
    default List<String> usePlans(List<String> choices) {
        return List.of();
    }

    /** Whether this backend records steps: {@link #capture}. */
    default boolean captures() {
        return false;
    }

    /**
     * Records the kernels that {@code step} issues, without running them, to be run again with one call each time. The step must
     * have run once before, so that its memory, plans and tables are there; it may neither upload nor download nor wait.
     *
     * @throws KernelException if the step does something that cannot be recorded, or the backend does not record
     */
    default CapturedStep capture(Runnable step) {
        throw new KernelException(name() + ": expected a backend that records steps, this one does not; run the step");
    }

    /**
     * Makes a network ready that only computes forward, which is faster than calling its kernels one after another.
     *
     * @param images of each run
     * @return null where this backend has no faster way
     */
    default InferencePlan inference(InferenceGraph graph, int images) {
        return null;
    }

    /**
     * A buffer through which batches are sent to the device.
     *
     * @param bytes of the largest batch
     * @param numbers of the largest batch
     */
    default StagingBuffer staging(int bytes, int numbers) {
        return new DirectStaging(this);
    }

    /** What this process exchanges with those that train the same network; {@link Collectives#ALONE} where there are none. */
    default Collectives collectives() {
        return Collectives.ALONE;
    }

    /** Waits until all kernels issued so far have finished. */
    default void synchronize() {}

    /** Frees plans and pooled memory; storages of this backend are unusable afterwards. */
    @Override
    void close();
}
