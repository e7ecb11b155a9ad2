package greg.bench;

import greg.kernels.Backend;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import java.util.ArrayList;
import java.util.List;

/** All storages that one kernel needs to process the parameters of a network once. */
public final class ParameterCopy implements AutoCloseable {
    private static final float RANGE = 0.05f;
    private static final float LEARNING_RATE = 0.01f;

    private final Backend backend;
    private final long seed;
    private final List<UpdateSlot> slots = new ArrayList<>();
    private final List<Storage> storages = new ArrayList<>();
    private final Storage lr;

    /**
     * Allocates the storages and fills them.
     *
     * @param seed decides the numbers, which are the same on every backend
     */
    public ParameterCopy(Backend backend, ParameterSet set, PenaltyKernel kernel, long seed) {
        this.backend = backend;
        this.seed = seed;
        for (int[] shape : set.shapes()) {
            int length = ParameterSet.elements(shape);
            GroupIndex groups = ParameterSet.penalised(shape) ? new GroupIndex(shape[0], length / shape[0]) : null;
            slots.add(new UpdateSlot(
                    allocate(length),
                    shape,
                    allocate(length),
                    kernel.hasMomentum() ? allocate(length) : null,
                    null,
                    groups == null ? null : allocate(groups.count()),
                    kernel == PenaltyKernel.MASKED ? allocate(length) : null,
                    groups == null ? null : allocate(groups.count()),
                    groups,
                    0));
        }
        lr = allocate(1);
        reset();
    }

    private Storage allocate(long length) {
        Storage storage = backend.memory().allocate(DType.FLOAT32, length);
        storages.add(storage);
        return storage;
    }

    /** Restores the initial numbers: all uniform, the norms NaN. */
    public void reset() {
        long stream = seed << 32;
        for (UpdateSlot slot : slots) {
            uniform(slot.weight(), -RANGE, RANGE, stream++);
            uniform(slot.gradient(), -RANGE, RANGE, stream++);
            uniform(slot.momentum(), -RANGE, RANGE, stream++);
            uniform(slot.lambda(), 0, 1, stream++);
            // no zeros and ones, so that the result shows whether the mask was used
            uniform(slot.mask(), 0.5f, 1, stream++);
            if (slot.l1() != null) backend.transfer().fill(slot.l1(), Float.NaN);
        }
        backend.transfer().fill(lr, LEARNING_RATE);
    }

    private void uniform(Storage storage, float low, float high, long stream) {
        if (storage != null) backend.random().uniform(storage, low, high, stream);
    }

    /** The table for the kernels. */
    public List<UpdateSlot> slots() {
        return slots;
    }

    /** The learning rate. */
    public Storage lr() {
        return lr;
    }

    @Override
    public void close() {
        storages.forEach(Storage::release);
    }
}
