package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.GroupIndex;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Gives the arrays of a slot one layout: that in which the convolution's backward pass leaves the gradient, which is also the
 * one in which convolutions read the weight. Weight, moments and mask are rewritten in place, which is needed once: at the first
 * step, and after the host has written one of them.
 */
final class UpdateArrangement {
    private final CudaLayouts layouts;

    UpdateArrangement(CudaLayouts layouts) {
        this.layouts = layouts;
    }

    /**
     * The slot for a kernel. Its gradient, which for an update may be the {@linkplain NarrowGradients bfloat16} of the slot's,
     * has a reference that is to be released after the launch.
     */
    ArrangedSlot arrange(Purpose purpose, UpdateSlot slot) {
        GroupIndex groups = groups(purpose, slot);
        boolean update = purpose == Purpose.UPDATE;
        CudaStorage weight = array(slot, slot.weight());
        CudaStorage gradient = purpose == Purpose.L1 ? null : array(slot, slot.gradient());
        CudaStorage momentum = update ? array(slot, slot.momentum()) : null;
        CudaStorage variance = update ? array(slot, slot.variance()) : null;
        CudaStorage mask = update ? array(slot, slot.mask()) : null;
        // the penalty's own kernel writes the gradient, so its storage is rewritten; an update only reads it
        CudaStorage written = purpose == Purpose.GRADIENT ? gradient : null;
        int pitch = pitch(slot.dims(), groups, weight, gradient, momentum, variance, mask, written);
        for (CudaStorage array : new CudaStorage[] {weight, momentum, variance, mask, written}) {
            if (array != null) bring(CudaStorage.of(array), slot.dims(), pitch);
        }
        if (gradient != null) gradient = asRead(gradient, slot.dims(), pitch);
        return new ArrangedSlot(
                weight,
                gradient,
                momentum,
                variance,
                mask,
                update ? half(weight, slot.dims(), pitch) : null,
                purpose == Purpose.L1 || slot.lambda() == null ? null : CudaStorage.dense(slot.lambda()),
                purpose == Purpose.GRADIENT || slot.l1() == null ? null : CudaStorage.dense(slot.l1()),
                groups,
                slot.firstGroup(),
                slot.dims(),
                pitch);
    }

    private static CudaStorage array(UpdateSlot slot, Storage storage) {
        if (storage == null) return null;
        CudaStorage cuda = slot.dims().length == 4 ? CudaStorage.asHeld(storage) : CudaStorage.dense(storage);
        if (cuda.type() != DType.FLOAT32 || cuda.length() != slot.weight().length()) {
            throw new IllegalArgumentException("update: expected arrays of "
                    + slot.weight().length() + " FLOAT32, as the weight of shape " + Arrays.toString(slot.dims())
                    + " has, got one of " + cuda.length() + " " + cuda.type());
        }
        return cuda;
    }

    /** Null where the kernel needs neither lambda nor l1. */
    private static GroupIndex groups(Purpose purpose, UpdateSlot slot) {
        Storage lambda = purpose == Purpose.L1 ? null : slot.lambda();
        Storage l1 = purpose == Purpose.GRADIENT ? null : slot.l1();
        if (lambda == null && l1 == null) return null;
        GroupIndex groups = slot.groups();
        if (groups == null) {
            throw new IllegalArgumentException("update: expected groups together with lambda or l1 for a weight of "
                    + slot.weight().length() + " elements, got none");
        }
        Stream.of(lambda, l1).forEach(perGroup -> {
            long end = (long) slot.firstGroup() + groups.count();
            if (perGroup != null && (slot.firstGroup() < 0 || perGroup.length() < end)) {
                throw new IllegalArgumentException("update: expected lambda and l1 with the groups " + slot.firstGroup()
                        + " to " + end + " of a weight, got " + perGroup.length() + " elements");
            }
        });
        return groups;
    }

    /** The pitch of the common layout, or 0 for the host's order, also where the two are the same. */
    private static int pitch(
            int[] dims, GroupIndex groups, CudaStorage weight, CudaStorage gradient, CudaStorage... rewritten) {
        if (dims.length != 4) return 0;
        boolean asGradient = gradient != null && gradient.layout() == CudaLayout.NHWC;
        CudaStorage first = asGradient ? gradient : weight;
        if (first.isDense(dims) || !WeightMatrix.fits(dims, groups)) return 0;
        long extent = (long) dims[0] * dims[2] * dims[3] * first.pitch();
        boolean room = weight.room() >= extent;
        for (CudaStorage array : rewritten) room &= array == null || array.room() >= extent;
        return room ? first.pitch() : 0;
    }

    private void bring(CudaStorage array, int[] dims, int pitch) {
        if (dims.length != 4) return;
        if (pitch == 0) layouts.flatten(array, dims);
        else layouts.arrange(array, dims, pitch);
    }

    /** The gradient itself, its content in bfloat16, or a copy, in each case with a reference. */
    private CudaStorage asRead(CudaStorage gradient, int[] dims, int pitch) {
        if (dims.length != 4) return (CudaStorage) gradient.retain();
        CudaStorage narrow = gradient.narrowContent();
        if (narrow != null && (pitch == 0 ? narrow.isDense(dims) : narrow.isChannelsLast(dims, pitch))) {
            narrow.retain();
            return narrow;
        }
        return pitch == 0 ? layouts.dense(gradient, dims) : layouts.channelsLast(gradient, dims, DType.FLOAT32, pitch);
    }

    /** The weight's copy if its elements lie as the weight's do. */
    private static CudaStorage half(CudaStorage weight, int[] dims, int pitch) {
        CudaStorage half = weight.half();
        if (half == null || dims.length != 4) return null;
        return half.isChannelsLast(dims, pitch == 0 ? dims[1] : pitch) ? half : null;
    }
}
