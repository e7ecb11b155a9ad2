package greg.pruning.run;

import greg.datasets.DataSplit;
import greg.datasets.Dataset;
import greg.datasets.ImageShape;
import greg.datasets.Normalization;
import greg.pruning.report.Json;
import java.util.Map;

/**
 * The images of a run.
 *
 * @param name of the data set, as in {@code --dataset}
 * @param split training and test images
 * @param normalization the data set's own, or another that was asked for
 */
public record RunData(String name, DataSplit split, Normalization normalization) {
    /** What a network has to fit: square images, UsageException if these are not. */
    public ImageShape images() {
        ImageShape shape = split.test().shape();
        if (shape.height() != shape.width()) {
            throw new UsageException("--dataset " + name + ": expected square images, got " + shape.height() + "x"
                    + shape.width() + "; bring them to a size with --image-size");
        }
        return shape;
    }

    /** For config.json: enough to see whether another run had the same images. */
    public Map<String, Object> describe() {
        return Json.object(
                "name", name,
                "train", describe(split.train()),
                "test", describe(split.test()),
                "mean", normalization.mean(),
                "std", normalization.std());
    }

    private static Map<String, Object> describe(Dataset half) {
        return Json.object("records", half.size(), "checksum", half.checksum());
    }
}
