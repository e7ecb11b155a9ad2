package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that claim to be large, or that are no files: refused with one line, and before memory is asked for. */
class HostileImagesTest {
    private static final long MEGA = 1 << 20;

    @TempDir
    Path folder;

    /** Loading classes for the first time allocates too. */
    @BeforeAll
    static void warmUp(@TempDir Path folder) throws IOException {
        for (String name : List.of("rgb.png", "rgb.bmp", "rgb.jpg")) {
            ImageDecoder.decode(TestData.copyImage(name, folder.resolve(name)));
        }
    }

    private void assertRefused(Path file, String... parts) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        DatasetException error = assertThrows(DatasetException.class, () -> ImageDecoder.decode(file));
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(bytes < 10 * MEGA, bytes + " bytes were allocated");
        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
        assertTrue(error.getMessage().startsWith(file + ": "), error.getMessage());
        assertTrue(error.getMessage().contains("the setting skipBadImages"), error.getMessage());
        for (String part : parts) assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    /** The header of a BMP of 24 bits a pixel and 200 bytes of it. */
    private static byte[] bmp(int height, int width) {
        return ByteBuffer.allocate(254)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("BM".getBytes(StandardCharsets.US_ASCII))
                .putInt(254)
                .putInt(0)
                .putInt(54)
                .putInt(40)
                .putInt(width)
                .putInt(height)
                .putShort((short) 1)
                .putShort((short) 24)
                .array();
    }

    /** A PNG that ends after its header. */
    private static byte[] png(int height, int width) {
        ByteBuffer header = ByteBuffer.allocate(17);
        header.put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(width).putInt(height);
        header.put((byte) 16).put((byte) 6);
        CRC32 sum = new CRC32();
        sum.update(header.array());
        return ByteBuffer.allocate(60)
                .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})
                .putInt(13)
                .put(header.array())
                .putInt((int) sum.getValue())
                .array();
    }

    private static byte[] gif(int height, int width) {
        return ByteBuffer.allocate(60)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) 1)
                .putShort((short) 1)
                .put(new byte[] {(byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0})
                .putShort((short) width)
                .putShort((short) height)
                .array();
    }

    /** A test JPEG with another size in its frame header. */
    private static byte[] jpeg(int height, int width) throws IOException {
        byte[] bytes = TestData.imageBytes("rgb.jpg");
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != (byte) 0xFF || bytes[i + 1] != (byte) 0xC0) continue;
            ByteBuffer.wrap(bytes).putShort(i + 5, (short) height).putShort(i + 7, (short) width);
            return bytes;
        }
        throw new AssertionError("the JPEG has no frame");
    }

    @Test
    void aHeaderThatClaimsHugeSizesIsRefused() throws IOException {
        int[][] sizes = {
            {13_000, 13_000}, {65_535, 65_535}, {2_700, 65_535}, {1 << 16, 1}, {1, 1 << 30}, {1 << 30, 1 << 30}
        };
        for (int[] size : sizes) {
            assertRefused(Files.write(folder.resolve("a.bmp"), bmp(size[0], size[1])));
            assertRefused(Files.write(folder.resolve("a.png"), png(size[0], size[1])), "its header claims");
            if (size[0] >= 1 << 16 || size[1] >= 1 << 16) continue;
            assertRefused(Files.write(folder.resolve("a.gif"), gif(size[0], size[1])), "its header claims");
            assertRefused(Files.write(folder.resolve("a.jpg"), jpeg(size[0], size[1])));
        }
        for (int[] size : new int[][] {{0, 5}, {5, 0}, {-5, -5}, {Integer.MIN_VALUE, 1}, {1, Integer.MIN_VALUE}}) {
            assertRefused(Files.write(folder.resolve("a.bmp"), bmp(size[0], size[1])));
            assertRefused(Files.write(folder.resolve("a.png"), png(size[0], size[1])));
        }
    }

    @Test
    void whatTakesMoreThanHalfOfTheHeapIsRefused() {
        Path file = folder.resolve("a.png");
        ImageDecoder.requireFits(file, 10 * MEGA, 10_000_000, 256 * MEGA);
        DatasetException pixels = assertThrows(
                DatasetException.class, () -> ImageDecoder.requireFits(file, 1 * MEGA, 13_000_000, 256 * MEGA));
        assertTrue(pixels.getMessage().contains("takes about 137 MB, more than half of the 256 MB"));
        assertThrows(DatasetException.class, () -> ImageDecoder.requireFits(file, 200 * MEGA, 0, 256 * MEGA));
    }

    @Test
    void aJpegOfVeryManyScansIsRefused() throws IOException {
        byte[] bytes = TestData.imageBytes("progressive.jpg");
        ByteArrayOutputStream more = new ByteArrayOutputStream();
        more.write(bytes, 0, bytes.length - 2);
        for (int i = 0; i < 600; i++) more.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xDA, 0, 8, 1, 1, 0, 1, 5, 0, 0});
        more.write(bytes, bytes.length - 2, 2);
        assertRefused(Files.write(folder.resolve("a.jpg"), more.toByteArray()), "scans");
    }

    @Test
    void aBmpAroundAnotherImageIsRefused() throws IOException {
        byte[] around = bmp(8, 8);
        for (int compression : new int[] {4, 5}) {
            ByteBuffer.wrap(around)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(30, compression)
                    .putInt(34, Integer.MAX_VALUE);
            assertRefused(Files.write(folder.resolve("a.bmp"), around), "around a JPEG or PNG");
        }
    }

    @Test
    void aFormatOfAnotherKindIsRefused() throws IOException {
        // Java would read both, and takes many a damaged file for a WBMP
        byte[] wbmp = {0, 0, 8, 1, (byte) 0xAA};
        assertRefused(Files.write(folder.resolve("a.png"), wbmp), "not a JPEG, PNG, BMP or GIF");
        byte[] tiff = Arrays.copyOf("II*\0\u0008\0\0\0".getBytes(StandardCharsets.ISO_8859_1), 100);
        assertRefused(Files.write(folder.resolve("b.png"), tiff), "not a JPEG, PNG, BMP or GIF");
    }

    @Test
    void whatIsNoFileIsRefusedRatherThanWaitedFor() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")));
        Path pipe = folder.resolve("train/a/pipe.png");
        TestData.copyImage("rgb.png", folder.resolve("train/a/good.png"));
        TestData.copyImage("rgb.png", folder.resolve("val/a/good.png"));
        assertEquals(
                0,
                new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor());
        assertRefused(pipe, "a pipe, a device or a folder");
        DatasetException error =
                assertThrows(DatasetException.class, () -> ImageFolder.split(folder, ImageFolder.Options.square(8)));
        assertTrue(error.getMessage().contains("pipe.png: is a pipe, a device"), error.getMessage());
        Files.delete(pipe);
        Files.createSymbolicLink(pipe, folder.resolve("nowhere"));
        assertRefused(pipe, "does not exist");
        Files.delete(pipe);
        Files.createSymbolicLink(pipe, Path.of("good.png"));
        Files.createDirectories(folder.resolve("train/a/folder.png"));
        assertEquals(
                2,
                ImageFolder.split(folder, ImageFolder.Options.square(8)).train().size());
        if (Files.exists(Path.of("/dev/zero"))) assertRefused(Path.of("/dev/zero"), "a device");
    }

    @Test
    void aPackedFileThatUnpacksToFarMoreThanItsSizeIsRefused() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            for (int i = 0; i < 50; i++) out.write(new byte[(int) MEGA]);
        }
        Files.write(folder.resolve("f.gz"), packed.toByteArray());
        DatasetException error = assertThrows(DatasetException.class, () -> DataFiles.read(folder, "f"));
        assertTrue(error.getMessage().contains("unpacks to more than"), error.getMessage());
    }

    @Test
    void anAnnotationThatLeadsOutOfItsFolderIsRefused() throws IOException {
        Path tiny = folder.resolve("tiny");
        TestData.copyImage("rgb.png", tiny.resolve("train/n01/images/a.png"));
        Path annotations = tiny.resolve("val/val_annotations.txt");
        Files.createDirectories(annotations.getParent());
        for (String name : new String[] {"../../train/n01/images/a.png", "/dev/zero", "a\0b", "", ".."}) {
            Files.writeString(annotations, name + "\tn01\t0\t0\t1\t1\n");
            DatasetException error = assertThrows(
                    DatasetException.class, () -> TinyImageNet.load(tiny, TinyImageNet.OPTIONS, ImageReading.STANDARD));
            assertTrue(error.getMessage().contains("val_annotations.txt: line 1"), error.getMessage());
        }
    }
}
