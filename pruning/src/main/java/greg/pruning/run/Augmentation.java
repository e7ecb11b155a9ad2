package greg.pruning.run;

import greg.datasets.Batches;
import greg.datasets.CropSource;
import greg.datasets.Dataset;
import greg.datasets.Normalization;
import greg.kernels.Backend;
import greg.nn.train.Feeder;
import java.util.Set;

/** What happens to training images at random; test images are never touched. */
public enum Augmentation {
    /** Nothing. */
    NONE("none"),
    /** Padded by 4 pixels, cropped to the old size, flipped left-right every other time. */
    CROP("crop"),
    /** A window of 0.08 to 1 of the area of the stored image, scaled; flipped left-right every other time. */
    RESIZED_CROP("resized-crop");

    /** Data sets whose images lie in files of their own size. */
    private static final Set<String> FROM_FILES = Set.of("imagefolder", "tiny-imagenet", "imagenet");

    private static final int PREFETCH = 4;

    private final String cliName;

    Augmentation(String cliName) {
        this.cliName = cliName;
    }

    /** Reads {@code --augment}; {@code standard} is what the paper's recipe does to images of this data set. */
    public static Augmentation of(String flag, String dataset) {
        if (flag.equals("standard")) return dataset.equals("imagenet") ? RESIZED_CROP : CROP;
        for (Augmentation kind : values()) {
            if (!flag.equals(kind.cliName)) continue;
            if (kind == RESIZED_CROP && !FROM_FILES.contains(dataset)) {
                throw new UsageException("--augment resized-crop: expected a data set of image files (imagefolder,"
                        + " tiny-imagenet, imagenet), got " + dataset + "; use crop");
            }
            return kind;
        }
        throw new UsageException(
                "--augment: expected standard, crop, resized-crop or none, got '" + flag + "'; see --help");
    }

    /** For config.json. Runs call the crop of small images standard since before there was another: they must go on. */
    public String described() {
        return this == CROP ? "standard" : cliName;
    }

    /** Batches of training images in a shuffled order; windows of them where they are cut before they are scaled. */
    public Batches batches(Dataset train, int batchSize, long seed) {
        return this == RESIZED_CROP
                ? Batches.randomCrops((CropSource) train, batchSize, true, seed, false, PREFETCH)
                : new Batches(train, batchSize, true, seed, false, PREFETCH);
    }

    /** Feeds those batches, and does at random what they leave to do. */
    public Feeder feeder(Backend backend, Dataset train, Normalization normalization, long seed) {
        return switch (this) {
            case NONE -> Feeder.plain(backend, train, normalization);
            case CROP -> Feeder.augmenting(backend, train, normalization, seed);
            case RESIZED_CROP -> Feeder.flipping(backend, train, normalization, seed);
        };
    }
}
