package greg.datasets;

import java.util.Objects;

/**
 * The two halves of a data set.
 *
 * @param train images to learn from
 * @param test held-out images of the same size and classes
 */
public record DataSplit(Dataset train, Dataset test) {

    /**
     * Checks that the halves fit together.
     *
     * @throws DatasetException if image size or classes differ
     */
    public DataSplit {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(test, "test");
        String a = describe(train);
        String b = describe(test);
        if (!a.equals(b)) {
            throw new DatasetException("the halves of a data set must agree: " + train.name() + " has " + a + ", "
                    + test.name() + " has " + b + "; check that both come from the same data set");
        }
        if (!train.classNames().equals(test.classNames())) {
            throw new DatasetException("the halves of a data set must have the same classes: " + train.name() + " has "
                    + train.classNames() + ", " + test.name() + " has " + test.classNames());
        }
    }

    private static String describe(Dataset d) {
        return d.classes() + " classes of " + d.height() + "x" + d.width() + "x" + d.channels() + " images";
    }
}
