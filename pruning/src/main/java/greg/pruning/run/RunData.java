package greg.pruning.run;

import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.nn.train.Augmentation;
import greg.nn.train.ImageData;
import greg.nn.train.TrainData;

/**
 * The images of a run.
 *
 * @param name of the data set, as in {@code --dataset}
 * @param split training and test images
 * @param normalization the data set's own, or another that was asked for
 */
public record RunData(String name, DataSplit split, Normalization normalization) {
    /** Planes of an image. */
    public int channels() {
        return split.test().channels();
    }

    /** Rows of an image. */
    public int height() {
        return split.test().height();
    }

    /** Columns of an image. */
    public int width() {
        return split.test().width();
    }

    /** Number of classes. */
    public int classes() {
        return split.test().classes();
    }

    /** What a network has to fit. */
    public ImageKind images() {
        return ImageKind.of(this);
    }

    /** The training images in batches, augmented and normalised. */
    public TrainData training(Augmentation augment, int batchSize, long seed) {
        Dataset train = split.train();
        return new ImageData(
                train,
                batchSize,
                () -> augment.batches(train, batchSize, seed),
                backend -> augment.feeder(backend, train, normalization, seed));
    }
}
