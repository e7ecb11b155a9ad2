package greg.pruning.run;

import greg.nn.SettingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The images of a data set as far as a network's shape depends on them, known without its files.
 *
 * @param name the data set
 * @param channels planes
 * @param size height and width
 * @param classes number of classes
 */
public record ImageKind(String name, int channels, int size, int classes) {
    private static final Map<String, ImageKind> KNOWN = new LinkedHashMap<>();

    static {
        add("fashion-mini", 1, 28, 10);
        add("fashion-mnist", 1, 28, 10);
        add("mnist", 1, 28, 10);
        add("cifar10", 3, 32, 10);
        add("cifar100", 3, 32, 100);
        add("tiny-imagenet", 3, 64, 200);
        add("imagenet", 3, 224, 1000);
        add("synthetic", 3, 32, 10);
    }

    /** The data sets that are known. */
    public static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }

    private static void add(String name, int channels, int size, int classes) {
        KNOWN.put(name, new ImageKind(name, channels, size, classes));
    }

    /** The images of a data set of that name. */
    public static ImageKind of(String dataset) {
        ImageKind kind = KNOWN.get(dataset);
        if (kind != null) return kind;
        throw new SettingException(
                "dataset", "expected one of " + String.join(", ", KNOWN.keySet()) + ", got '" + dataset + "'");
    }

    /** Those of an opened data set. */
    public static ImageKind of(RunData data) {
        if (data.height() != data.width()) {
            throw SettingException.of(
                    "dataset",
                    data.name(),
                    "expected square images, got " + data.height() + "x" + data.width()
                            + "; bring them to a size with imageSize");
        }
        return new ImageKind(data.name(), data.channels(), data.height(), data.classes());
    }
}
