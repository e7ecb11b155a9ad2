package greg.datasets;

import greg.datasets.jpeg.TurboJpeg;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Opens data sets by their names. */
public final class Datasets {

    /** The data set used when none is named. */
    public static final String DEFAULT = "fashion-mini";

    private static final List<String> NAMES = List.of(
            DEFAULT,
            "fashion-mnist",
            "mnist",
            "cifar10",
            "cifar100",
            "imagefolder",
            "tiny-imagenet",
            "imagenet",
            "synthetic");

    private static final List<String> OF_IMAGE_FILES = List.of("imagefolder", "tiny-imagenet", "imagenet");

    /** The shapes of the data sets whose images have a usual size. */
    private static final Map<String, ImageShape> SHAPES = Map.of(
            DEFAULT,
            new ImageShape(1, 28, 28, 10),
            "fashion-mnist",
            new ImageShape(1, 28, 28, 10),
            "mnist",
            new ImageShape(1, 28, 28, 10),
            "cifar10",
            new ImageShape(3, 32, 32, 10),
            "cifar100",
            new ImageShape(3, 32, 32, 100),
            "tiny-imagenet",
            new ImageShape(3, 64, 64, 200),
            "imagenet",
            new ImageShape(3, 224, 224, 1000),
            "synthetic",
            new ImageShape(3, 32, 32, 10));

    /** Where Debian's package {@code dataset-fashion-mnist} installs its files. */
    private static final Path SYSTEM_FASHION_MNIST = Path.of("/usr/share/datasets/fashion-mnist");

    private Datasets() {}

    /** All names that {@link #open} knows. */
    public static List<String> names() {
        return NAMES;
    }

    /** The names of the data sets that are folders of image files. */
    public static List<String> ofImageFiles() {
        return OF_IMAGE_FILES;
    }

    /** What decodes usual JPEG files here; all others, and the damaged ones, are read by the JDK in any case. */
    public static String jpegDecoder() {
        return TurboJpeg.isThere() ? "libjpeg-turbo" : "Java ImageIO";
    }

    /**
     * The folder in which a data set is looked for when none is given, and into which it is downloaded: {@code NAME} under
     * the system property {@code greg.data}, the environment variable {@code GREG_DATA} or {@code ~/.greg/data}.
     */
    public static Path folder(String name) {
        return DataFiles.home().resolve(name);
    }

    /**
     * Size and classes of a data set's images without its files: what {@link #open(String, Path)} would give.
     *
     * @throws IllegalArgumentException if the name is unknown, or is {@code imagefolder}, whose images may be of any size
     */
    public static ImageShape shape(String name) {
        ImageShape shape = SHAPES.get(name);
        if (shape != null) return shape;
        if (!NAMES.contains(name)) throw unknown(name);
        throw new IllegalArgumentException(
                name + ": its images may have any size, which only its files tell; open it, or name one of "
                        + String.join(", ", shaped()));
    }

    /** The names that {@link #shape} answers. */
    public static List<String> shaped() {
        return NAMES.stream().filter(SHAPES::containsKey).toList();
    }

    /** Opens a data set with images of their usual size; see {@link #open(String, Path, int)}. */
    public static DataSplit open(String name, Path data) {
        return open(name, data, 0);
    }

    /**
     * Opens a data set.
     *
     * @param name one of {@link #names()}
     * @param data folder of its files; {@code null} for the default place. The bundled and the synthetic data set need none
     * @param imageSize side in pixels to which the images of {@code imagefolder}, {@code tiny-imagenet} and {@code imagenet}
     *     are resized, or that of the synthetic ones; 0 for the usual one
     * @throws IllegalArgumentException if the name is unknown, or the data set has images of a fixed, other size
     * @throws DatasetException if the files are missing or damaged
     */
    public static DataSplit open(String name, Path data, int imageSize) {
        return open(name, data, imageSize, ImageReading.STANDARD);
    }

    /**
     * Opens a data set; see {@link #open(String, Path, int)}.
     *
     * @param reading how the image files of {@code imagefolder}, {@code tiny-imagenet} and {@code imagenet} are read
     */
    public static DataSplit open(String name, Path data, int imageSize, ImageReading reading) {
        if (imageSize < 0) {
            throw new IllegalArgumentException(
                    name + ": expected an image size from 1, or 0 for the usual one, got " + imageSize);
        }
        Path folder = data != null ? data : folder(name);
        return switch (name) {
            case "imagefolder" ->
                ImageFolder.split(
                        name, folder, options(imageSize, ImageFolder.Options.NATIVE), Normalization.IMAGENET, reading);
            case "tiny-imagenet" -> TinyImageNet.load(folder, options(imageSize, TinyImageNet.OPTIONS), reading);
            case "imagenet" ->
                ImageFolder.split(
                        name,
                        folder,
                        options(
                                imageSize,
                                ImageFolder.Options.square(shape(name).height())),
                        Normalization.IMAGENET,
                        reading);
            case "synthetic" -> synthetic(shape(name), imageSize);
            default -> requireSize(fixedSize(name, data, folder), imageSize);
        };
    }

    private static DataSplit fixedSize(String name, Path data, Path folder) {
        return switch (name) {
            case DEFAULT -> FashionMini.load();
            case "fashion-mnist" ->
                Idx.fashionMnist(data != null ? List.of(data) : List.of(folder, SYSTEM_FASHION_MNIST));
            case "mnist" -> Idx.mnist(folder);
            case "cifar10" -> Cifar.cifar10(folder);
            case "cifar100" -> Cifar.cifar100(folder);
            default -> throw unknown(name);
        };
    }

    private static DataSplit synthetic(ImageShape usual, int imageSize) {
        int side = imageSize == 0 ? usual.height() : imageSize;
        return Synthetic.split(2000, 500, new ImageShape(usual.channels(), side, side, usual.classes()), 0);
    }

    private static ImageFolder.Options options(int imageSize, ImageFolder.Options usual) {
        return imageSize == 0 ? usual : ImageFolder.Options.square(imageSize);
    }

    private static DataSplit requireSize(DataSplit split, int imageSize) {
        ImageShape shape = split.train().shape();
        if (imageSize != 0 && (imageSize != shape.height() || imageSize != shape.width())) {
            throw new IllegalArgumentException(split.train().name() + ": images are " + shape.height() + "x"
                    + shape.width() + " and are not resized, got an image size of " + imageSize + "; leave it out");
        }
        return split;
    }

    /**
     * A view of consecutive images.
     *
     * @param base whole data set
     * @param first index of the first image
     * @param count number of images
     * @throws IllegalArgumentException if the range exceeds the data set
     */
    public static Dataset subset(Dataset base, int first, int count) {
        return SubsetDataset.range(base, first, count);
    }

    /**
     * A view of some images, drawn without replacement.
     *
     * @param base whole data set
     * @param count how many; all, in their order, if there are no more
     * @param seed fixes which
     */
    public static Dataset sample(Dataset base, int count, long seed) {
        return count >= base.size() ? base : SubsetDataset.sample(base, count, seed);
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException("unknown data set '" + name + "'; known are " + String.join(", ", NAMES));
    }
}
