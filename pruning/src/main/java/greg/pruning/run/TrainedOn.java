package greg.pruning.run;

import greg.datasets.Normalization;
import greg.nn.io.Checkpoint;
import greg.nn.io.CheckpointException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The images that a network was trained on, as its file says: what whoever uses the network needs to give it the same input.
 *
 * @param dataset name of the data set
 * @param imageSize side in pixels to which images were scaled on request; 0: the data set's usual size
 * @param normalization mean and standard deviation of each plane
 */
public record TrainedOn(String dataset, int imageSize, Normalization normalization) {
    private static final String DATASET = "dataset";
    private static final String SCALED_TO = "scaled_to";
    private static final String MEAN = "mean";
    private static final String STD = "std";

    /** The images of a run. */
    public static TrainedOn of(RunData data) {
        return new TrainedOn(data.name(), data.imageSize(), data.normalization());
    }

    /**
     * What a file written by greg, exported ones included, says of its images; null if it says nothing.
     *
     * @throws CheckpointException if that makes no sense
     */
    public static TrainedOn read(Checkpoint checkpoint) {
        Map<String, String> metadata = checkpoint.metadata();
        boolean said = NetworkSpec.isByGreg(checkpoint) && metadata.containsKey(DATASET);
        if (!said) return null;
        try {
            int imageSize = Integer.parseInt(metadata.getOrDefault(SCALED_TO, "0"));
            if (imageSize < 0) throw new IllegalArgumentException(SCALED_TO + " = " + imageSize);
            return new TrainedOn(
                    metadata.get(DATASET),
                    imageSize,
                    Normalization.of(numbers(metadata.get(MEAN)), numbers(metadata.get(STD))));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    checkpoint.file() + ": its metadata do not describe the images it was trained on (" + e.getMessage()
                            + "); the file is damaged, use another checkpoint",
                    e);
        }
    }

    /** What {@link #read} reads back. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(DATASET, dataset);
        if (imageSize > 0) metadata.put(SCALED_TO, Integer.toString(imageSize));
        metadata.put(MEAN, text(normalization.mean()));
        metadata.put(STD, text(normalization.std()));
        return metadata;
    }

    /** For people, e.g. {@code cifar10 with mean 0.4914,0.4822,0.4465 and standard deviation 0.2023,0.1994,0.201}. */
    @Override
    public String toString() {
        return dataset + (imageSize > 0 ? " scaled to " + imageSize + " pixels" : "") + " with mean "
                + text(normalization.mean()) + " and standard deviation " + text(normalization.std());
    }

    /** Numbers with commas between them, which read back exactly: {@code 0.485,0.456,0.406}. */
    public static String text(float[] numbers) {
        StringJoiner text = new StringJoiner(",");
        for (float number : numbers) text.add(Float.toString(number));
        return text.toString();
    }

    private static float[] numbers(String text) {
        if (text == null) throw new IllegalArgumentException("mean or standard deviation is missing");
        String[] parts = text.split(",", -1);
        float[] numbers = new float[parts.length];
        for (int i = 0; i < parts.length; i++) numbers[i] = Float.parseFloat(parts[i]);
        return numbers;
    }
}
