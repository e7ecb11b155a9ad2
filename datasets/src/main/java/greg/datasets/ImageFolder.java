package greg.datasets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;

/**
 * Images in one folder a class, as torchvision's {@code ImageFolder}: classes sorted by name, files (jpg, jpeg, png, bmp, also
 * in folders below) sorted by path. Files are decoded when they are read; small data sets stay decoded in memory.
 */
public final class ImageFolder implements Dataset {

    private static final int CHANNELS = 3;
    private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".bmp");
    private static final List<String> TEST_FOLDERS = List.of("test", "val");

    /**
     * How images become one size.
     *
     * @param size side of the square images in pixels; 0 keeps the size of the files, which must then agree
     * @param resize length in pixels to which the shorter side is scaled before the centre is cut out; ignored for files
     *     that already have the size asked for, and when {@code size} is 0
     * @param cacheBytes decoded images are kept if the whole data set needs no more than this and no more than a
     *     quarter of Java's heap
     */
    public record Options(int size, int resize, long cacheBytes) {

        private static final long DEFAULT_CACHE_BYTES = 512L << 20;

        /** Files of one size, used as they are. */
        public static final Options NATIVE = new Options(0, 0, DEFAULT_CACHE_BYTES);

        /** Checks the numbers. */
        public Options {
            if (size < 0 || (size > 0 && resize < size) || size > 16384 || resize > 16384) {
                throw new IllegalArgumentException(
                        "image folder: expected an image size in 0..16384 and a resize length "
                                + "from there to 16384, got size " + size + " and resize " + resize);
            }
        }

        /** Square images; the shorter side is scaled to 256/224 of {@code size} first, as is usual for ImageNet. */
        public static Options square(int size) {
            return new Options(size, (int) Math.rint(size * 256 / 224.0), DEFAULT_CACHE_BYTES);
        }
    }

    /** One image file. */
    record Entry(Path file, int label) {}

    private final String name;
    private final Path root;
    private final List<String> classNames;
    private final List<Entry> entries;
    private final Options options;
    private final Normalization normalization;
    private final int height;
    private final int width;
    private final AtomicReferenceArray<byte[]> cache;

    /**
     * A data set over known files.
     *
     * @param root folder that {@link #checksum()} takes paths relative to
     * @param entries at least one file
     */
    ImageFolder(
            String name,
            Path root,
            List<String> classNames,
            List<Entry> entries,
            Options options,
            Normalization normalization) {
        this.name = name;
        this.root = root;
        this.classNames = List.copyOf(classNames);
        this.entries = List.copyOf(entries);
        this.options = options;
        this.normalization = normalization;
        if (options.size() > 0) {
            height = options.size();
            width = options.size();
        } else {
            ImageDecoder.Pixels first = ImageDecoder.decode(entries.get(0).file());
            height = first.height();
            width = first.width();
        }
        long budget = Math.min(options.cacheBytes(), Runtime.getRuntime().maxMemory() / 4);
        boolean keep = (long) entries.size() * height * width * CHANNELS <= budget;
        cache = keep ? new AtomicReferenceArray<>(entries.size()) : null;
    }

    /**
     * Opens {@code train/CLASS/..} and {@code test/CLASS/..} or {@code val/CLASS/..}.
     *
     * @param root holds the two folders
     * @throws DatasetException if a folder is missing or empty, or the test half has a class of its own
     */
    public static DataSplit split(Path root, Options options) {
        return split("imagefolder", root, options, Normalization.IMAGENET);
    }

    /** The same under another name and with another normalisation. */
    static DataSplit split(String name, Path root, Options options, Normalization normalization) {
        Path train = requireFolder(name, root.resolve("train"));
        Path test = null;
        for (String candidate : TEST_FOLDERS) {
            if (test == null && Files.isDirectory(root.resolve(candidate))) {
                test = root.resolve(candidate);
            }
        }
        if (test == null) {
            throw new DatasetException(name + ": expected a folder test or val beside " + train
                    + "; make one with a folder of images for each class");
        }
        List<String> classes = classes(name, train);
        return new DataSplit(
                new ImageFolder(name + "/train", train, classes, list(name, train, classes), options, normalization),
                new ImageFolder(name + "/test", test, classes, list(name, test, classes), options, normalization));
    }

    /**
     * Opens a single half: {@code folder/CLASS/..}.
     *
     * @throws DatasetException if the folder is missing or holds no images
     */
    public static Dataset single(Path folder, Options options) {
        String name = "imagefolder";
        List<String> classes = classes(name, requireFolder(name, folder));
        return new ImageFolder(name, folder, classes, list(name, folder, classes), options, Normalization.IMAGENET);
    }

    /** Names of the class folders, sorted. */
    static List<String> classes(String name, Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            List<String> names = children.filter(Files::isDirectory)
                    .map(p -> p.getFileName().toString())
                    .filter(n -> !n.startsWith("."))
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
                throw new DatasetException(
                        name + ": expected a folder of images for each class in " + folder + ", found no folder there");
            }
            return names;
        } catch (IOException e) {
            throw unlisted(folder, e);
        } catch (UncheckedIOException e) {
            throw unlisted(folder, e.getCause());
        }
    }

    /** The files of each class; every class folder must be known and must hold an image. */
    static List<Entry> list(String name, Path folder, List<String> classes) {
        List<Entry> entries = new ArrayList<>();
        for (String found : classes(name, folder)) {
            int label = classes.indexOf(found);
            if (label < 0) {
                throw new DatasetException(name + ": " + folder.resolve(found)
                        + " is a class that the training folder does not have; it has " + classes.size()
                        + " classes, the first is " + classes.get(0));
            }
            int before = entries.size();
            for (Path file : images(folder.resolve(found))) {
                entries.add(new Entry(file, label));
            }
            if (entries.size() == before) {
                throw new DatasetException(name + ": expected images (jpg, jpeg, png, bmp) in " + folder.resolve(found)
                        + ", found none; add some or remove the folder");
            }
        }
        return entries;
    }

    private static List<Path> images(Path folder) {
        try (Stream<Path> tree = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return tree.filter(p -> isImage(p.getFileName().toString()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unlisted(folder, e);
        } catch (UncheckedIOException e) { // how a stream of paths reports an error half way
            throw unlisted(folder, e.getCause());
        }
    }

    private static DatasetException unlisted(Path folder, IOException e) {
        return new DatasetException(
                folder + ": cannot be listed (" + DataFiles.reason(e) + "); check the folder and its permissions", e);
    }

    private static boolean isImage(String file) {
        String lower = file.toLowerCase(Locale.ROOT);
        return !file.startsWith(".") && EXTENSIONS.stream().anyMatch(lower::endsWith);
    }

    private static Path requireFolder(String name, Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new DatasetException(name + ": no folder " + folder
                    + "; expected train/CLASS/*.jpg|png and test|val/CLASS/*.jpg|png; name their parent with --data");
        }
        return folder;
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        Objects.checkIndex(index, entries.size());
        byte[] pixels = cache == null ? null : cache.get(index);
        if (pixels == null) {
            pixels = load(entries.get(index).file());
            if (cache != null) {
                cache.set(index, pixels);
            }
        }
        System.arraycopy(pixels, 0, dst, offset, pixels.length);
    }

    private byte[] load(Path file) {
        ImageDecoder.Pixels image = ImageDecoder.decode(file);
        if (image.height() == height && image.width() == width) {
            return image.rgb();
        }
        if (options.size() == 0) {
            throw new DatasetException(
                    file + ": image is " + image.height() + "x" + image.width() + ", expected " + height + "x" + width
                            + " as the first image of " + name + "; choose one size for all with --image-size");
        }
        return ImageResize.resizeAndCrop(image, options.resize(), options.size());
    }

    /** By path, length and label of each file, not by content: ImageNet would take an hour to read. */
    @Override
    public String checksum() {
        Checksum sum = new Checksum().add(height).add(width).add(options.resize());
        for (Entry entry : entries) {
            try {
                sum.add(root.relativize(entry.file()).toString().replace('\\', '/'))
                        .add(entry.label())
                        .add(Files.size(entry.file()));
            } catch (IOException e) {
                throw new DatasetException(entry.file() + ": cannot be read (" + DataFiles.reason(e) + ")", e);
            }
        }
        return "files-sha256:" + sum.hex();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public int classes() {
        return classNames.size();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int channels() {
        return CHANNELS;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int label(int index) {
        return entries.get(index).label();
    }

    @Override
    public Normalization normalization() {
        return normalization;
    }
}
