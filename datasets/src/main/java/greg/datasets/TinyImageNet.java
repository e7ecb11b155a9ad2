package greg.datasets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tiny ImageNet (Stanford CS231n): 200 classes of 64x64 images, {@code train/CLASS/images/*.JPEG}; its validation images are
 * in one folder, {@code val/images}, and {@code val/val_annotations.txt} lists their classes. A {@code val} or {@code test}
 * folder that was sorted into one folder per class is read too.
 */
final class TinyImageNet {

    /** The size of the official files. */
    static final ImageFolder.Options OPTIONS = new ImageFolder.Options(64, 64, 2L << 30);

    /** Mean and deviation of the training pixels, as commonly quoted. */
    private static final Normalization NORMALIZATION =
            Normalization.of(new float[] {0.4802f, 0.4481f, 0.3975f}, new float[] {0.2770f, 0.2691f, 0.2821f});

    private static final String NAME = "tiny-imagenet";

    /** Does not lead out of the folder. */
    private static final Pattern PLAIN_NAME = Pattern.compile("\\w[\\w.-]*");

    private TinyImageNet() {}

    /**
     * Opens the data set.
     *
     * @param folder holds {@code train} and {@code val}, itself or in {@code tiny-imagenet-200}
     * @throws DatasetException if files are missing or the annotations name unknown ones
     */
    static DataSplit load(Path folder, ImageFolder.Options options, ImageReading reading) {
        Path inner = folder.resolve("tiny-imagenet-200");
        Path root = Files.isDirectory(inner) ? inner : folder;
        Path annotations = root.resolve("val").resolve("val_annotations.txt");
        Path train = root.resolve("train");
        if (!Files.isRegularFile(annotations) || !Files.isDirectory(train)) {
            return ImageFolder.split(NAME, root, options, NORMALIZATION, reading);
        }
        List<String> classes = ClassFolders.classes(NAME, train);
        return new DataSplit(
                ImageFolder.open(
                        NAME + "/train",
                        train,
                        classes,
                        ClassFolders.list(NAME, train, classes),
                        options,
                        NORMALIZATION,
                        reading),
                ImageFolder.open(
                        NAME + "/test",
                        root.resolve("val"),
                        classes,
                        annotated(annotations, classes),
                        options,
                        NORMALIZATION,
                        reading));
    }

    /** Lines of {@code file TAB class TAB box}. */
    private static List<ImageFolder.Entry> annotated(Path annotations, List<String> classes) {
        List<ImageFolder.Entry> entries = new ArrayList<>();
        Path images = annotations.resolveSibling("images");
        try {
            List<String> lines = Files.readAllLines(annotations);
            for (int i = 0; i < lines.size(); i++) {
                String[] field = lines.get(i).split("\t");
                int label = field.length < 2 ? -1 : classes.indexOf(field[1]);
                if (label < 0 || !PLAIN_NAME.matcher(field[0]).matches()) {
                    throw new DatasetException(annotations + ": line " + (i + 1)
                            + ": expected `file TAB class` with the name of a file in " + images
                            + " and a class of the training folder, found '" + lines.get(i) + "'; download again");
                }
                entries.add(new ImageFolder.Entry(images.resolve(field[0]), label));
            }
        } catch (IOException e) {
            throw new DatasetException(annotations + ": cannot be read (" + DataFiles.reason(e) + ")", e);
        }
        if (entries.isEmpty()) {
            throw new DatasetException(annotations + ": empty; download again");
        }
        return entries;
    }
}
