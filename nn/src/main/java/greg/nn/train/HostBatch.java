package greg.nn.train;

import greg.tensor.Shape;

/**
 * A batch in host memory.
 *
 * @param images row-major, of shape {@code shape}; may be reused by whoever made it once the following batch is asked for
 * @param shape (N, C, H, W)
 * @param labels N of them, from 0
 */
public record HostBatch(float[] images, Shape shape, int[] labels) {
    /** Checks the lengths. */
    public HostBatch {
        if (shape.rank() != 4 || images.length != shape.size() || labels.length != shape.dim(0)) {
            throw new IllegalArgumentException("batch: expected images of shape (N, C, H, W) and N labels, got "
                    + images.length + " values for the shape " + shape + " and " + labels.length + " labels");
        }
    }
}
