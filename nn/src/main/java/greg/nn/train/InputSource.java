package greg.nn.train;

import greg.tensor.Tensor;

/** A stream of inputs, one for each step of a training loop. */
@FunctionalInterface
public interface InputSource extends AutoCloseable {
    /** The input of the next step, owned by the current {@link greg.tensor.Scope}. */
    Input next();

    /** Frees what the stream holds, e.g. the thread that reads ahead. */
    @Override
    default void close() {}

    /**
     * What goes into one step.
     *
     * @param images (N, C, H, W)
     * @param labels INT32 (N)
     * @param counted how many of the images count: N, or 0 if another process computes all of the batch
     * @param batch images of the step in all processes together
     */
    record Input(Tensor images, Tensor labels, int counted, int batch) {
        /** Of a process that trains alone. */
        public Input(Tensor images, Tensor labels) {
            this(images, labels, images.shape().dim(0), images.shape().dim(0));
        }
    }
}
