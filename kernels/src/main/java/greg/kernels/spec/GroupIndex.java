package greg.kernels.spec;

/**
 * Which penalty group an element of a weight (out, in, kernel positions) belongs to: group(i) = (i / inner) mod count.
 * Filters: count = out, inner = in * positions. Input channels: count = in, inner = positions. Single weights: count =
 * all, inner = 1.
 */
public record GroupIndex(int count, int inner) {
    /** Validates. */
    public GroupIndex {
        Checks.positive("groups", "count", count, "inner", inner);
    }

    /** The group of element {@code i} of the flattened weight. */
    public int of(long i) {
        return (int) (i / inner % count);
    }

    /** Elements of one group in a weight of {@code length} elements. */
    public long groupSize(long length) {
        return length / count;
    }
}
