package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Some images of another data set.
 *
 * @param info of that data set, under another name
 * @param indices which images, ascending: files of neighbours are read one after the other
 */
record SubsetDataset(Dataset base, DatasetInfo info, int[] indices) implements Dataset {
    private static SubsetDataset of(Dataset base, String which, int[] indices) {
        return new SubsetDataset(base, base.info().named(base.name() + "[" + which + "]"), indices);
    }

    /** Consecutive images. */
    static SubsetDataset range(Dataset base, int first, int size) {
        long last = (long) first + size - 1;
        if (first < 0 || size < 0 || last >= base.size()) {
            throw new IllegalArgumentException("subset of " + base.name() + ": images " + first + " to " + last
                    + " requested, but it has " + base.size() + " (0 to " + (base.size() - 1) + ")");
        }
        return of(
                base, first + ".." + last, IntStream.range(first, first + size).toArray());
    }

    /** A random choice without replacement, fixed by the seed. */
    static SubsetDataset sample(Dataset base, int count, long seed) {
        if (count < 1) {
            throw new IllegalArgumentException(
                    "sample of " + base.name() + ": expected at least 1 image, got " + count);
        }
        int[] chosen = Arrays.copyOf(SplitMix.of(seed, "sample").permutation(base.size()), count);
        Arrays.sort(chosen);
        return of(base, count + " of seed " + seed, chosen);
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public int label(int index) {
        return base.label(indices[index]);
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        base.image(indices[index], dst, offset);
    }

    @Override
    public int workers() {
        return base.workers();
    }

    @Override
    public String checksum() {
        return Checksum.ofContent(this);
    }
}
