package greg.nn.train;

import greg.kernels.Backend;
import greg.kernels.CapturedStep;
import greg.kernels.DType;
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
     * Records a step; nothing is computed.
     *
     * @param structure of network and optimizer
     * @param input of the same shapes as those to come
     * @param compute the step, which has run with such an input right before
     */
    StepRecording(
            NnModule network, Optimizer optimizer, StepStructure structure, Input input, Consumer<Input> compute) {
        backend = network.backend();
        this.structure = structure;
        numbers = new StepNumbers(network, optimizer);
        slots = new Input(slot(input.images()), slot(input.labels()));
        try {
            fill(input);
            step = backend.capture(() -> compute.accept(slots));
        } catch (RuntimeException e) {
            closeSlots();
            throw e;
        } finally {
            // recording counts as a step does, but has taken none
            countable = numbers.recorded();
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

    /** Whether the slots have room for this input and no more. */
    boolean takes(Input input) {
        return same(input.images(), slots.images()) && same(input.labels(), slots.labels());
    }

    private static boolean same(Tensor input, Tensor slot) {
        DType type = slot.storage().type();
        return input.shape().equals(slot.shape()) && input.storage().type() == type;
    }

    /** Takes the step, or returns false if it must be recorded again: what it reads lies otherwise, or is numbered otherwise. */
    boolean replay(Input input) {
        long since = numbers.since();
        fill(input);
        if (since < 0 || !step.current()) return false;
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
