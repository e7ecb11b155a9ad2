package greg.nn.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.datasets.Batches;
import greg.datasets.CropSource;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.Backend;
import greg.nn.SettingException;

/** Random augmentation of training images; test images are never changed. */
public enum Augmentation {
    /** Nothing. */
    @JsonProperty("none")
    NONE,
    /** Padded by 4 pixels, cropped to the old size, flipped left-right with probability 1/2. */
    @JsonProperty("crop")
    CROP,
    /**
     * A window of 0.08 to 1 of the area of the stored image, scaled; flipped left-right with probability 1/2. Only for data
     * sets whose images are files of their own size ({@link CropSource}).
     */
    @JsonProperty("resized-crop")
    RESIZED_CROP;

    private static final int PREFETCH = 4;

    /**
     * Batches of training images in a shuffled order; random windows where images are cropped before they are scaled.
     *
     * @throws SettingException if random windows are requested of images that are not files of their own size
     */
    public Batches batches(Dataset train, int batchSize, long seed) {
        if (this != RESIZED_CROP) return new Batches(train, batchSize, true, seed, false, PREFETCH);
        if (train instanceof CropSource source) {
            return Batches.randomCrops(source, batchSize, true, seed, false, PREFETCH);
        }
        throw SettingException.of(
                "augment", this, "expected a data set of image files, got " + train.name() + "; use " + CROP);
    }

    /** Feeds those batches and applies the random steps that they do not. */
    public Feeder feeder(Backend backend, Dataset train, Normalization normalization, long seed) {
        return switch (this) {
            case NONE -> Feeder.plain(backend, train, normalization);
            case CROP -> Feeder.augmenting(backend, train, normalization, seed);
            case RESIZED_CROP -> Feeder.flipping(backend, train, normalization, seed);
        };
    }
}
