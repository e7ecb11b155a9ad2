package greg.nn.train;

import greg.tensor.Shape;

/**
 * A batch in host memory.
 *
 * @param images row-major, of shape {@code shape}; the source may reuse it once the next batch is requested
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
