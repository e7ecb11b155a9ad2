package greg.datasets;

import greg.datasets.RandomResizedCrop.Window;
import greg.datasets.jpeg.TurboJpeg;
import java.awt.Rectangle;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG, PNG, BMP and GIF files to 8-bit RGB as PIL's {@code Image.open(f).convert("RGB")} does, which users' networks
 * were trained with: colour profiles are ignored, transparency is dropped, grey is repeated, EXIF rotation is not applied.
 * {@link BufferedImage#getRGB} differs on the first and the third (Java's grey is linear light).
 *
 * <p>Usual JPEGs are decoded by libjpeg-turbo where the machine has it, to the same pixels as by the JDK. What it does not
 * decode without any complaint the JDK decodes or refuses, so that the machine does not decide which files can be used.
 */
final class ImageDecoder {

    private static final List<String> FORMATS = List.of("jpeg", "png", "bmp", "gif");

    /** PIL refuses more as a decompression bomb: 2 * 1024^3 / 4 / 3 pixels. */
    private static final long MAX_PIXELS = 178_956_970;

    /** A bilevel PNG can have 8,256: deflate packs to 1/1032 at best. */
    private static final long MAX_PIXELS_PER_BYTE = 10_000;

    /** The longest side that a JPEG can have, a row of which is never large. */
    private static final int MAX_SIDE = 65_535;

    /** Each scan of a progressive JPEG goes through the whole image but need not take more than some bytes; ten are usual. */
    private static final int MAX_SCANS = 500;

    /** Decoded, of up to 4 channels and 16 bits, and as RGB. */
    private static final int BYTES_PER_PIXEL = 11;

    private static final long MEGA = 1 << 20;

    /** For {@code least}: the image is wanted at its own size. */
    static final int FULL_SIZE = Integer.MAX_VALUE;

    private static final int MOST_REDUCED = 8;

    private static final long HEAP = Runtime.getRuntime().maxMemory();

    /** The megabytes that the images decoded at a time may take together: half of the heap. */
    private static final Semaphore MEMORY = new Semaphore((int) Math.min(HEAP / 2 / MEGA, Integer.MAX_VALUE), true);

    private ImageDecoder() {}

    /**
     * A decoded image.
     *
     * @param rgb height * width * 3 unsigned bytes, HWC
     */
    record Pixels(int height, int width, byte[] rgb) {

        /** A copy of the pixels in a window, which must lie within the image. */
        Pixels part(Window window) {
            byte[] part = new byte[window.height() * window.width() * 3];
            int row = window.width() * 3;
            for (int y = 0; y < window.height(); y++) {
                System.arraycopy(rgb, ((window.top() + y) * width + window.left()) * 3, part, y * row, row);
            }
            return new Pixels(window.height(), window.width(), part);
        }
    }

    /** Chooses the part of an image to read, once its size is known. */
    @FunctionalInterface
    interface Chooser {
        /** A window within an image of this size. */
        Window choose(int height, int width);
    }

    /**
     * What of an image is wanted.
     *
     * @param chooser says which part; {@code null} for the whole
     * @param least if libjpeg-turbo decodes the file, the part is given at the smallest of 1/2, 1/4 and 1/8 of its size at which
     *     neither of its sides is below this; {@link #FULL_SIZE} for its own size
     * @param turbo whether libjpeg-turbo may be used, which must be there then
     */
    record Request(Chooser chooser, int least, boolean turbo) {
        static final Request WHOLE = of(null, FULL_SIZE);

        /** By libjpeg-turbo where the machine has it. */
        static Request of(Chooser chooser, int least) {
            return new Request(chooser, least, TurboJpeg.isThere());
        }
    }

    /**
     * Reads an image file.
     *
     * @throws DatasetException if it cannot be read or is no image of a known format
     */
    static Pixels decode(Path file) {
        return decode(file, Request.WHOLE);
    }

    /**
     * Reads what is wanted of an image file: at its own size the same pixels that {@link Pixels#part} cuts out of the whole.
     *
     * @throws DatasetException if it cannot be read or is no image of a known format
     */
    static Pixels decode(Path file, Request request) {
        String irregular = ImageFiles.irregular(file);
        if (irregular != null) throw new BadImageException(file, irregular, null);
        try {
            return decode(file, request, requireFits(file, Files.size(file), 0, HEAP));
        } catch (IOException e) {
            throw new BadImageException(file, "cannot be decoded (" + DataFiles.reason(e) + ")", e);
        } catch (BadImageException e) {
            throw e;
        } catch (RuntimeException e) { // Java's decoders throw many kinds of these on damaged files
            String what = e.toString().replaceAll("\\s*\\R\\s*", " ");
            throw new BadImageException(file, "cannot be decoded (" + what + ")", e);
        }
    }

    /** {@code share}: megabytes to wait for before the file is read. */
    private static Pixels decode(Path file, Request request, int share) throws IOException {
        int held = share;
        int needed;
        MEMORY.acquireUninterruptibly(held);
        try {
            byte[] bytes = Files.readAllBytes(file);
            JpegHeader header = new JpegHeader(bytes);
            if (header.truncated()) throw new BadImageException(file, "truncated: a JPEG without its end", null);
            if (header.scans() > MAX_SCANS) {
                throw new BadImageException(file, "a JPEG of " + header.scans() + " scans", null);
            }
            if (embedsImage(bytes)) throw new BadImageException(file, "a BMP around a JPEG or PNG", null);
            // in memory: ImageIO.read(InputStream) would write a temporary file for each image
            try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
                ImageReader reader = reader(in);
                if (reader == null) throw new BadImageException(file, "not a JPEG, PNG, BMP or GIF image", null);
                try {
                    reader.setInput(in, true, true);
                    long pixels = pixels(file, bytes.length, reader.getHeight(0), reader.getWidth(0));
                    needed = requireFits(file, bytes.length, pixels, HEAP);
                    int more = Math.max(0, needed - held);
                    if (MEMORY.tryAcquire(more)) {
                        held += more;
                        Pixels turbo = turbo(bytes, header, reader, request);
                        return turbo != null ? turbo : decode(reader, header, request.chooser());
                    }
                } finally {
                    reader.dispose();
                }
            }
        } finally {
            MEMORY.release(held);
        }
        // nobody may wait for more while holding some; so it is read again when the memory is there
        return decode(file, request, needed);
    }

    /** Java's reader of BMP would make room for the length that the image inside claims to have, and decode it unchecked. */
    private static boolean embedsImage(byte[] bytes) {
        if (bytes.length < 34 || bytes[0] != 'B' || bytes[1] != 'M') return false;
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = header.getInt(14);
        int compression = header.getInt(30);
        return length >= 40 && (compression == 4 || compression == 5);
    }

    /** By libjpeg-turbo; null if that may not be used, is not meant for such a file, or does not find it in order. */
    private static Pixels turbo(byte[] bytes, JpegHeader header, ImageReader reader, Request request)
            throws IOException {
        if (!request.turbo() || !header.decodesAlike()) return null;
        int height = reader.getHeight(0);
        int width = reader.getWidth(0);
        boolean all = request.chooser() == null;
        Window part = all ? new Window(0, 0, height, width) : request.chooser().choose(height, width);
        int by = MOST_REDUCED;
        while (by > 1 && Math.min(part.height(), part.width()) / by < request.least()) by /= 2;
        byte[] rgb = TurboJpeg.decode(bytes, height, width, by);
        if (rgb == null) return null;
        Pixels whole = new Pixels(TurboJpeg.reduced(height, by), TurboJpeg.reduced(width, by), rgb);
        if (all) return whole;
        return whole.part(new Window(part.top() / by, part.left() / by, part.height() / by, part.width() / by));
    }

    private static Pixels decode(ImageReader reader, JpegHeader header, Chooser chooser) throws IOException {
        // Only of a JPEG: nothing below the part is decoded there, and its header has been checked for truncation
        boolean direct = chooser != null && header.components() > 0;
        ImageReadParam param = direct ? region(reader, chooser) : null;
        Pixels pixels = header.components() == 4
                ? Cmyk.toRgb(reader.readRaster(0, param), header.adobeTransform())
                : toRgb(reader.read(0, param));
        return chooser == null || direct ? pixels : pixels.part(chooser.choose(pixels.height(), pixels.width()));
    }

    /** The first reader of a known format; others that Java brings take nearly any damaged file for an image of theirs. */
    private static ImageReader reader(ImageInputStream in) throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReaders(in); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) return reader;
            reader.dispose();
        }
        return null;
    }

    /** The size that the header claims, before anything is allocated for it. */
    private static long pixels(Path file, long bytes, int height, int width) {
        long most = Math.min(MAX_PIXELS, MAX_PIXELS_PER_BYTE * bytes);
        if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE || (long) height * width > most) {
            throw new BadImageException(
                    file,
                    "its header claims " + height + "x" + width + " pixels; expected 1 to " + MAX_SIDE
                            + " on a side and in a file of its size at most " + most + " in all",
                    null);
        }
        return (long) height * width;
    }

    /** Refuses what would take more than half of the heap; else the megabytes that it takes. */
    static int requireFits(Path file, long bytes, long pixels, long heap) {
        long needed = bytes + BYTES_PER_PIXEL * pixels;
        if (needed <= heap / 2) return (int) (needed / MEGA);
        throw new BadImageException(
                file,
                "decoding it takes about " + needed / MEGA + " MB, more than half of the " + heap / MEGA
                        + " MB that the JVM may use (-Xmx)",
                null);
    }

    private static ImageReadParam region(ImageReader reader, Chooser chooser) throws IOException {
        Window window = chooser.choose(reader.getHeight(0), reader.getWidth(0));
        ImageReadParam param = reader.getDefaultReadParam();
        param.setSourceRegion(new Rectangle(window.left(), window.top(), window.width(), window.height()));
        return param;
    }

    private static Pixels toRgb(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))];
        if (hasPlainSamples(image)) {
            copySamples(image.getRaster(), image.getRaster().getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0, rgb);
        } else {
            int[] row = new int[width];
            for (int y = 0, at = 0; y < height; y++) {
                image.getRGB(0, y, width, 1, row, 0, width);
                for (int argb : row) {
                    rgb[at++] = (byte) (argb >> 16);
                    rgb[at++] = (byte) (argb >> 8);
                    rgb[at++] = (byte) argb;
                }
            }
        }
        return new Pixels(height, width, rgb);
    }

    /** Whether the raster's bands are grey(, alpha) or red, green, blue(, alpha) of 8 or 16 bits. */
    private static boolean hasPlainSamples(BufferedImage image) {
        if (!(image.getColorModel() instanceof ComponentColorModel model) || model.isAlphaPremultiplied()) {
            return false;
        }
        int space = model.getColorSpace().getType();
        int type = model.getTransferType();
        int bits = model.getComponentSize(0);
        return (space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB)
                && (type == DataBuffer.TYPE_BYTE && bits == 8 || type == DataBuffer.TYPE_USHORT && bits == 16);
    }

    private static void copySamples(Raster raster, int shift, byte[] rgb) {
        int bands = raster.getNumBands();
        int green = bands >= 3 ? 1 : 0;
        int blue = bands >= 3 ? 2 : 0;
        int width = raster.getWidth();
        int[] row = new int[width * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int i = 0; i < row.length; i += bands) {
                rgb[at++] = (byte) (row[i] >> shift);
                rgb[at++] = (byte) (row[i + green] >> shift);
                rgb[at++] = (byte) (row[i + blue] >> shift);
            }
        }
    }
}
