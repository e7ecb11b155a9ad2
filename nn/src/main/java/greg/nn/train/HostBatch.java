package greg.nn.train;

import greg.tensor.Shape;
import java.util.Arrays;

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

    /** A copy of some of its images. */
    HostBatch part(int first, int count) {
        int[] dims = shape.dims();
        int size = images.length / dims[0];
        dims[0] = count;
        return new HostBatch(
                Arrays.copyOfRange(images, first * size, (first + count) * size),
                Shape.of(dims),
                Arrays.copyOfRange(labels, first, first + count));
    }
}
