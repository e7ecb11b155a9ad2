package greg.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Logical dimensions of a tensor, outermost first: (N, C, H, W) for images, (N, F) for features. Immutable. */
public final class Shape {
    private final int[] dims;
    private final long size;

    private Shape(int[] dims) {
        this.dims = dims;
        long product = 1;
        for (int d : dims) {
            if (d < 1)
                throw new IllegalArgumentException("shape: expected dimensions >= 1, got " + Arrays.toString(dims));
            product = Math.multiplyExact(product, (long) d);
        }
        this.size = product;
    }

    /** A shape with these dimensions, each at least 1; none for a scalar. */
    public static Shape of(int... dims) {
        return new Shape(dims.clone());
    }

    /** Number of dimensions. */
    public int rank() {
        return dims.length;
    }

    /** Dimension {@code axis}; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis < 0 ? dims.length + axis : axis];
    }

    /** A copy of the dimensions. */
    public int[] dims() {
        return dims.clone();
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** As in {@code (128, 16, 32, 32)}. */
    @Override
    public String toString() {
        return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
