package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.layer.Dropout;
import greg.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.List;

/**
 * The numbers that the host counts from step to step while the device counts them in a recorded one: the optimizer's steps,
 * and for each dropout the number of its mask. Both sides must agree, since any step may also be taken by calls.
 */
final class StepNumbers {
    private final Optimizer optimizer;
    private final long steps;
    private final List<Mask> masks = new ArrayList<>();

    /** Of one dropout: its seed and number before the recording, and by how much a step raises the number. */
    private static final class Mask {
        final Dropout layer;
        final long seed;
        final long number;
        long each;

        Mask(Dropout layer) {
            this.layer = layer;
            seed = layer.seed();
            number = layer.step();
        }
    }

    /** The numbers before the step to be recorded. */
    StepNumbers(NnModule network, Optimizer optimizer) {
        this.optimizer = optimizer;
        steps = optimizer.stepCount();
        network.visit((path, module) -> {
            if (module instanceof Dropout layer) masks.add(new Mask(layer));
        });
    }

    /**
     * To be called after the recording, which has counted although nothing has run: puts the numbers back.
     *
     * @return whether each counts by one, as the device does, or not at all; a dropout that is applied twice does not
     */
    boolean recorded() {
        boolean byOne = true;
        for (Mask mask : masks) {
            mask.each = mask.layer.step() - mask.number;
            byOne &= mask.each == 0 || mask.each == 1;
        }
        set(0);
        return byOne;
    }

    private void set(long later) {
        optimizer.stepCount(steps + later);
        for (Mask mask : masks) mask.layer.step(mask.number + later * mask.each);
    }

    /** Steps since the recording; -1 if the numbers have not come from there, as after a state was restored. */
    long since() {
        long since = optimizer.stepCount() - steps;
        for (Mask mask : masks) {
            boolean same = mask.layer.seed() == mask.seed;
            if (!same || mask.layer.step() != mask.number + since * mask.each) return -1;
        }
        return since;
    }

    /** Counts a replay. */
    void count() {
        set(since() + 1);
    }
}
