package greg.nn.train;

import greg.nn.NnModule;
import greg.nn.optim.Optimizer;

/** A training under way, as its {@linkplain TrainHook hooks} see it. */
public interface TrainLoop {
    /** What is trained. */
    NnModule network();

    /** What updates it. */
    Optimizer optimizer();

    /** What it is trained on. */
    TrainData data();

    /** Number of the step that is about to be taken, or has just been taken, from 0 over all epochs. */
    long iteration();

    /** Images of the last step. */
    int images();

    /** Mean loss of the last step's images before its update (waits for the device). */
    float loss();

    /**
     * Where to resume: after the last step (waits for the device). To be asked after a step, and not before the next one.
     */
    Position position();
}
