package greg.nn.train;

import greg.tensor.Tensor;

/** Gives a training loop what each iteration eats. */
@FunctionalInterface
public interface InputSource {
    /** The input of the next iteration, in the current scope. */
    Input next();

    /**
     * What goes into one step.
     *
     * @param images (N, C, H, W)
     * @param labels INT32 (N)
     */
    record Input(Tensor images, Tensor labels) {}
}
