package greg.datasets;

import java.util.Objects;

/**
 * The two halves of a data set.
 *
 * @param train images to train on
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
        if (!train.shape().equals(test.shape())) {
            throw new DatasetException(
                    "the halves of a data set must agree: " + train.name() + " has " + train.shape() + ", "
                            + test.name() + " has " + test.shape()
                            + "; check that both come from the same data set; images of several sizes are scaled to one with imageSize");
        }
        if (!train.classNames().equals(test.classNames())) {
            throw new DatasetException("the halves of a data set must have the same classes: " + train.name() + " has "
                    + train.classNames() + ", " + test.name() + " has " + test.classNames());
        }
    }
}
