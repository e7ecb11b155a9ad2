package greg.kernels;

/**
 * The kernels of one backend, by family.
 *
 * @param transfer copies between host and device, fills
 * @param elementwise activation functions, addition, multiplication, bias, dropout
 * @param reduction sums to a scalar
 * @param gemm matrix products
 * @param conv2d convolutions and their two gradients
 * @param batchNorm batch normalization with its fused forms
 * @param pool2d max, average and global average pooling
 * @param shortcut parameter-free shortcuts: option A, and what remains of it when channels are pruned
 * @param concat concatenation along the channels
 * @param gate one factor per channel of each image
 * @param upsampleNearest pixels repeated in both directions
 * @param softmaxLoss softmax and cross-entropy
 * @param penalty the growing penalty's gradient and the group norms
 * @param update parameter updates: penalty, weight decay, momentum and step in one pass
 * @param augment uint8 images to normalized, cropped, flipped batches
 * @param random random numbers
 */
public record KernelFamilies(
        TransferKernels transfer,
        ElementwiseKernels elementwise,
        ReductionKernels reduction,
        GemmKernels gemm,
        Conv2dKernels conv2d,
        BatchNormKernels batchNorm,
        Pool2dKernels pool2d,
        ShortcutKernels shortcut,
        ConcatKernels concat,
        GateKernels gate,
        UpsampleNearestKernels upsampleNearest,
        SoftmaxLossKernels softmaxLoss,
        PenaltyKernels penalty,
        UpdateKernels update,
        AugmentKernels augment,
        RandomKernels random) {}
