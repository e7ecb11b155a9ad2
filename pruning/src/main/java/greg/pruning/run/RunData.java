package greg.pruning.run;

import greg.datasets.DataSplit;
import greg.datasets.ImageShape;
import greg.datasets.Normalization;
import greg.nn.SettingException;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainData;

/**
 * The images of a run.
 *
 * @param name of the data set
 * @param imageSize side in pixels to which they are scaled on request; 0: the data set's usual size
 * @param split training and test images
 * @param normalization the data set's own, or the one requested
 * @param fastDecode whether JPEG files are decoded at a smaller size where that is near the wanted one: other pixels
 */
public record RunData(String name, int imageSize, DataSplit split, Normalization normalization, boolean fastDecode) {
    /** Other images of the same kind. */
    public RunData with(DataSplit other) {
        return new RunData(name, imageSize, other, normalization, fastDecode);
    }

    /** The shape that a network has to fit: square images, UsageException if these are not. */
    public ImageShape images() {
        ImageShape shape = split.test().shape();
        if (shape.height() != shape.width()) {
            throw SettingException.of(
                    "dataset",
                    name,
                    "expected square images, got " + shape.height() + "x" + shape.width()
                            + "; scale them to one size with imageSize");
        }
        return shape;
    }

    /** The training images in batches, augmented and normalised. */
    public TrainData training(Augmentation augment, int batchSize, long seed) {
        return TrainData.of(split.train(), batchSize)
                .normalize(normalization)
                .augment(augment)
                .seed(seed);
    }
}
