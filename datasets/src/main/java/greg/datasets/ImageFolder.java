package greg.datasets;

import greg.datasets.ImageDecoder.Request;
import greg.datasets.jpeg.TurboJpeg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Images in one folder per class, as torchvision's {@code ImageFolder}: classes sorted by name, files (jpg, jpeg, png, bmp, also
 * in folders below) sorted by path. Files are decoded when they are read; small data sets stay decoded in memory, at the size
 * that {@link #image} gives. Random windows are cut out of the files at their own size.
 */
public final class ImageFolder implements CropSource {

    private static final int CHANNELS = 3;
    private static final List<String> TEST_FOLDERS = List.of("test", "val");

    /**
     * How images are resized to one size.
     *
     * @param size side of the square images in pixels; 0 keeps the size of the files, which must then agree
     * @param resize length in pixels to which the shorter side is scaled before the centre is cut out; ignored for files
     *     that already have the requested size, and when {@code size} is 0
     * @param cacheBytes decoded images are kept if the whole data set needs no more than this and no more than a quarter of
     *     the JVM's heap
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

    private final DatasetInfo info;
    private final Path root;
    private final List<Entry> entries;
    private final Options options;
    private final AtomicReferenceArray<byte[]> cache;
    private final ImageReading reading;

    private ImageFolder(
            String name,
            Path root,
            List<String> classNames,
            List<Entry> entries,
            Options options,
            Normalization normalization,
            ImageReading reading) {
        this.root = root;
        this.entries = List.copyOf(entries);
        this.options = options;
        this.reading = reading;
        int height = options.size();
        int width = options.size();
        if (options.size() == 0) {
            ImageDecoder.Pixels first = ImageDecoder.decode(entries.get(0).file());
            height = first.height();
            width = first.width();
        }
        ImageShape shape = new ImageShape(CHANNELS, height, width, classNames.size());
        this.info = new DatasetInfo(name, shape, classNames, normalization);
        long budget = Math.min(options.cacheBytes(), Runtime.getRuntime().maxMemory() / 4);
        boolean keep = (long) entries.size() * shape.bytes() <= budget;
        cache = keep ? new AtomicReferenceArray<>(entries.size()) : null;
    }

    /**
     * A data set over known files.
     *
     * @param root folder that {@link #checksum()} takes paths relative to
     * @param entries at least one file
     * @throws DatasetException as {@link ImageFiles#usable}, or if fast decoding is requested without libjpeg-turbo
     */
    static ImageFolder open(
            String name,
            Path root,
            List<String> classNames,
            List<Entry> entries,
            Options options,
            Normalization normalization,
            ImageReading reading) {
        if (reading.fastDecode() && !TurboJpeg.isThere()) {
            throw new DatasetException(name + ": the setting fastDecode needs libjpeg-turbo, which is not there ("
                    + TurboJpeg.whyNot() + "); leave it out to decode every pixel");
        }
        List<Entry> usable = ImageFiles.usable(name, entries, reading.check());
        return new ImageFolder(name, root, classNames, usable, options, normalization, reading);
    }

    /**
     * Opens {@code train/CLASS/..} and {@code test/CLASS/..} or {@code val/CLASS/..}.
     *
     * @param root holds the two folders
     * @throws DatasetException if a folder is missing or empty, or the test half has a class of its own
     */
    public static DataSplit split(Path root, Options options) {
        return split("imagefolder", root, options, Normalization.IMAGENET, ImageReading.STANDARD);
    }

    /** The same under another name and with another normalization. */
    static DataSplit split(String name, Path root, Options options, Normalization normalization, ImageReading reading) {
        Path train = ClassFolders.requireFolder(name, root.resolve("train"));
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
        List<String> classes = ClassFolders.classes(name, train);
        return new DataSplit(
                open(
                        name + "/train",
                        train,
                        classes,
                        ClassFolders.list(name, train, classes),
                        options,
                        normalization,
                        reading),
                open(
                        name + "/test",
                        test,
                        classes,
                        ClassFolders.list(name, test, classes),
                        options,
                        normalization,
                        reading));
    }

    /**
     * Opens a single half: {@code folder/CLASS/..}.
     *
     * @throws DatasetException if the folder is missing or holds no images
     */
    public static Dataset single(Path folder, Options options) {
        String name = "imagefolder";
        List<String> classes = ClassFolders.classes(name, ClassFolders.requireFolder(name, folder));
        return open(
                name,
                folder,
                classes,
                ClassFolders.list(name, folder, classes),
                options,
                Normalization.IMAGENET,
                ImageReading.STANDARD);
    }

    @Override
    public void image(int index, byte[] dst, int offset) {
        byte[] pixels = pixels(Objects.checkIndex(index, entries.size()));
        System.arraycopy(pixels, 0, dst, offset, pixels.length);
    }

    @Override
    public void randomCrop(int index, long seed, int epoch, byte[] dst, int offset) {
        Path file = entries.get(Objects.checkIndex(index, entries.size())).file();
        ImageDecoder.Chooser chooser = (h, w) -> RandomResizedCrop.window(h, w, seed, epoch, index);
        int height = shape().height();
        int width = shape().width();
        // images that were scaled or cut lack pixels that a window may show: those must come from the file
        ImageDecoder.Pixels part = options.size() > 0
                ? ImageDecoder.decode(file, Request.of(chooser, least(Math.max(height, width))))
                : new ImageDecoder.Pixels(height, width, pixels(index)).part(chooser.choose(height, width));
        byte[] scaled = ImageResize.resize(part, height, width).rgb();
        System.arraycopy(scaled, 0, dst, offset, scaled.length);
    }

    /** One image as {@link #image} gives it, from memory if it is cached. */
    private byte[] pixels(int index) {
        byte[] pixels = cache == null ? null : cache.get(index);
        if (pixels == null) {
            pixels = load(entries.get(index).file());
            if (cache != null) {
                cache.set(index, pixels);
            }
        }
        return pixels;
    }

    /** What decoding must not go below where no side is to become shorter than {@code length} by scaling. */
    private int least(int length) {
        return reading.fastDecode() && options.size() > 0 ? length : ImageDecoder.FULL_SIZE;
    }

    private byte[] load(Path file) {
        ImageDecoder.Pixels image = ImageDecoder.decode(file, Request.of(null, least(options.resize())));
        int height = shape().height();
        int width = shape().width();
        if (image.height() == height && image.width() == width) {
            return image.rgb();
        }
        if (options.size() == 0) {
            throw new DatasetException(
                    file + ": image is " + image.height() + "x" + image.width() + ", expected " + height + "x" + width
                            + " as the first image of " + name() + "; choose one size for all with imageSize");
        }
        return ImageResize.resizeAndCrop(image, options.resize(), options.size());
    }

    /**
     * By path, label and content of each file. The first call reads all files; later ones, also of other processes, do not as
     * long as no file changes (see {@link ContentChecksum}).
     */
    @Override
    public String checksum() {
        Checksum settings =
                new Checksum().add(shape().height()).add(shape().width()).add(options.resize());
        return "content-sha256:" + ContentChecksum.of(name(), root, entries, settings.hex(), reading.check());
    }

    @Override
    public DatasetInfo info() {
        return info;
    }

    @Override
    public int size() {
        return entries.size();
    }

    @Override
    public int workers() {
        return reading.threads();
    }

    @Override
    public int label(int index) {
        return entries.get(index).label();
    }
}
