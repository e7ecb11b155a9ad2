package greg.datasets;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * All that is known about a data set, apart from its images.
 *
 * @param name short, for logs and provenance, for example {@code cifar10/train}
 * @param shape of every image, and how many classes there are
 * @param classNames in label order, one per class
 * @param normalization mean and standard deviation per channel that the data set is usually normalized with
 */
public record DatasetInfo(String name, ImageShape shape, List<String> classNames, Normalization normalization) {

    /**
     * Checks that the parts agree.
     *
     * @throws IllegalArgumentException if there are more or fewer class names than classes, or values of the normalization than
     *     channels
     */
    public DatasetInfo {
        Objects.requireNonNull(name, "name");
        classNames = List.copyOf(classNames);
        if (classNames.size() != shape.classes()) {
            throw new IllegalArgumentException(name + ": expected " + shape.classes() + " class names, got "
                    + classNames.size() + ": " + classNames);
        }
        if (normalization.channels() != shape.channels()) {
            throw new IllegalArgumentException(name + ": expected a normalization of " + shape.channels()
                    + " channels, got " + normalization.channels() + ": " + normalization);
        }
    }

    /** Classes named {@code class0}, {@code class1}, ...; pixels normalized to -1..1. */
    public static DatasetInfo of(String name, ImageShape shape) {
        List<String> names =
                IntStream.range(0, shape.classes()).mapToObj(c -> "class" + c).toList();
        return new DatasetInfo(name, shape, names, Normalization.centred(shape.channels()));
    }

    /** The same with another name. */
    public DatasetInfo named(String other) {
        return new DatasetInfo(other, shape, classNames, normalization);
    }
}
