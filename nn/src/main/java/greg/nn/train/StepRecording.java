package greg.nn.train;

import greg.kernels.Backend;
import greg.kernels.CapturedStep;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.nn.NnModule;
import greg.nn.optim.Optimizer;
import greg.nn.train.InputSource.Input;
import greg.tensor.Tensor;
import java.util.function.Consumer;

/** A training step that the device replays: the slots from which it reads its input, and what it was recorded of. */
final class StepRecording implements AutoCloseable {
    private final Backend backend;
    private final StepStructure structure;
    private final StepNumbers numbers;
    private final Input slots;
    private final CapturedStep step;
    private final boolean countable;
    /** Steps that the device has counted, by replays and otherwise. */
    private long counted;

    /**
     * Takes a step kernel by kernel, and records the next one right behind it: nothing has come between that could have freed
     * its memory.
     *
     * @param structure of network and optimizer
     * @param compute the step
     */
    StepRecording(
            NnModule network, Optimizer optimizer, StepStructure structure, Input input, Consumer<Input> compute) {
        backend = network.backend();
        this.structure = structure;
        slots = new Input(slot(input.images()), slot(input.labels()), input.counted(), input.batch());
        try {
            fill(input);
            compute.accept(slots);
            numbers = new StepNumbers(network, optimizer);
            try {
                step = backend.capture(() -> compute.accept(slots));
            } finally {
                // recording counts as a step does, but has taken none
                countable = numbers.recorded();
            }
        } catch (KernelException e) {
            closeSlots();
            throw new KernelException(
                    "training step: expected one whose kernels can be recorded, got " + e.getMessage()
                            + "; a network that reads results of the device in its forward pass needs noGraph",
                    e);
        } catch (RuntimeException e) {
            closeSlots();
            throw e;
        }
    }

    private static Tensor slot(Tensor input) {
        Storage storage = input.backend().memory().like(input.storage());
        return Tensor.wrap(input.backend(), input.shape(), storage);
    }

    private void fill(Input input) {
        backend.transfer().copy(input.images().storage(), slots.images().storage());
        backend.transfer().copy(input.labels().storage(), slots.labels().storage());
    }

    /** Whether replays are the steps after the recorded one; see {@link StepNumbers#recorded}. */
    boolean replayable() {
        return countable;
    }

    /** Whether network and optimizer are still those that were recorded. */
    boolean isOf(StepStructure now) {
        return structure.equals(now);
    }

    /** Whether the slots have room for this input and no more, and it has the same share of its batch. */
    boolean takes(Input input) {
        return input.counted() == slots.counted()
                && input.batch() == slots.batch()
                && same(input.images(), slots.images())
                && same(input.labels(), slots.labels());
    }

    private static boolean same(Tensor input, Tensor slot) {
        DType type = slot.storage().type();
        return input.shape().equals(slot.shape()) && input.storage().type() == type;
    }

    /** Takes the step, or returns false if it must be recorded again: its numbers do not follow from those of the recording. */
    boolean replay(Input input) {
        long since = numbers.since();
        if (since < 0) return false;
        fill(input);
        if (since != counted) step.skip(since - counted, 0);
        step.launch();
        numbers.count();
        counted = since + 1;
        return true;
    }

    private void closeSlots() {
        slots.images().close();
        slots.labels().close();
    }

    @Override
    public void close() {
        step.close();
        closeSlots();
    }
}
