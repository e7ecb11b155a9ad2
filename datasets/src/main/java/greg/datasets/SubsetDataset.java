package greg.datasets;

import java.util.Objects;

/** Consecutive images of another data set. */
record SubsetDataset(Dataset base, int first, int size, DatasetInfo info) implements Dataset {

    SubsetDataset(Dataset base, int first, int size) {
        this(
                base,
                first,
                size,
                Objects.requireNonNull(base, "base")
                        .info()
                        .named(base.name() + "[" + first + ".." + (first + size - 1) + "]"));
        if (first < 0 || size < 0 || (long) first + size > base.size()) {
            throw new IllegalArgumentException("subset of " + base.name() + ": images " + first + " to "
                    + ((long) first + size - 1) + " requested, but it has " + base.size() + " (0 to "
                    + (base.size() - 1) + ")");
        }
    }

    @Override
    public int label(int index) {
        return base.label(first + Objects.checkIndex(index, size));
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        base.image(first + Objects.checkIndex(index, size), dst, offset);
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
