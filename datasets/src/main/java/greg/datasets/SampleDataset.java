package greg.datasets;

import greg.datasets.random.SplitMix;
import java.util.Arrays;

/**
 * Some images of another data set.
 *
 * @param info of that data set, under another name
 * @param indices which images, ascending
 */
record SampleDataset(Dataset base, DatasetInfo info, int[] indices) implements Dataset {
    /** A random choice without replacement, fixed by the seed. */
    static SampleDataset of(Dataset base, int count, long seed) {
        if (count < 1) {
            throw new IllegalArgumentException(
                    "sample of " + base.name() + ": expected at least 1 image, got " + count);
        }
        int[] chosen = Arrays.copyOf(SplitMix.of(seed, "sample").permutation(base.size()), count);
        Arrays.sort(chosen); // files of neighbours are read one after the other
        return new SampleDataset(base, base.info().named(base.name() + "[" + count + " of seed " + seed + "]"), chosen);
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
