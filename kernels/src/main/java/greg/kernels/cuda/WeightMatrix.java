package greg.kernels.cuda;

import greg.kernels.spec.GroupIndex;

/**
 * A weight as the update kernels see it: a matrix in which a group is {@code inner} neighbouring columns of every row. The
 * host's order (out, in, position) has a single row if filters are the groups, and a row per filter if input channels are.
 * The order of convolutions (filter, position, channel) with padded channels makes the filters wider, and gives input channels
 * a row per filter and position.
 *
 * @param rows at least 1
 * @param columns of a row; those from {@code real} on are padding
 * @param real columns that are weights
 * @param last columns of the last row, which may be shorter
 * @param pitch elements from row to row
 * @param count groups in a row
 * @param inner columns of a group
 * @param singles whether every weight is a group; lambda and l1 are in the host's order then
 * @param positions of those: of the kernel, 1 for the host's order
 * @param channels of those: in a row
 */
record WeightMatrix(
        int rows,
        int columns,
        int real,
        int last,
        int pitch,
        int count,
        int inner,
        boolean singles,
        int positions,
        int channels) {
    private static final int VECTOR = 4;

    private static WeightMatrix row(int columns, int count, int inner, boolean singles) {
        return new WeightMatrix(1, columns, columns, columns, columns, count, inner, singles, 1, 1);
    }

    /** A weight of {@code length} elements in the host's order; {@code groups} may be null. */
    static WeightMatrix dense(int length, GroupIndex groups) {
        if (groups == null) return row(length, length, 1, false);
        if (singles(length, groups)) return row(length, length, 1, true);
        long columns = (long) groups.count() * groups.inner();
        if (columns > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("update: expected groups of fewer than 2^31 elements together, got "
                    + groups.count() + " of " + groups.inner());
        }
        int width = (int) columns;
        int rows = (int) ((length + columns - 1) / columns);
        int last = (int) (length - (rows - 1) * columns);
        if (groups.count() == 1 && last == width) return row(length, 1, length, false);
        return new WeightMatrix(rows, width, width, last, width, groups.count(), groups.inner(), false, 1, 1);
    }

    /** Whether the groups of a convolution's weight are neighbours in its order too. */
    static boolean fits(int[] dims, GroupIndex groups) {
        return groups == null
                || singles((long) dims[0] * dims[1] * dims[2] * dims[3], groups)
                || filters(dims, groups)
                || channels(dims, groups);
    }

    private static boolean singles(long length, GroupIndex groups) {
        return groups.count() == length && groups.inner() == 1;
    }

    private static boolean filters(int[] dims, GroupIndex groups) {
        return groups.count() == dims[0] && groups.inner() == (long) dims[1] * dims[2] * dims[3];
    }

    private static boolean channels(int[] dims, GroupIndex groups) {
        return groups.count() == dims[1] && groups.inner() == (long) dims[2] * dims[3];
    }

    /** A weight (K, C, R, S) as (K, R, S, pitch); the groups must {@linkplain #fits fit}. */
    static WeightMatrix channelsLast(int[] dims, int pitch, GroupIndex groups) {
        int positions = Math.multiplyExact(dims[2], dims[3]);
        int pixels = Math.multiplyExact(dims[0], positions);
        int elements = Math.multiplyExact(pixels, pitch);
        if (groups == null) return row(elements, elements, 1, false);
        boolean singles = singles((long) pixels * dims[1], groups);
        if (!singles && filters(dims, groups)) return row(elements, dims[0], positions * pitch, false);
        // whole vectors, where the padding has room for them
        int columns = pitch % VECTOR == 0 ? (dims[1] + VECTOR - 1) / VECTOR * VECTOR : dims[1];
        return new WeightMatrix(
                pixels, columns, dims[1], columns, pitch, dims[1], 1, singles, singles ? positions : 1, dims[1]);
    }
}
