package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {

    private static final int H = 5;
    private static final int W = 4;

    @TempDir
    Path folder;

    private static byte[] images(int magic, int count, int height, int width, int bytes) {
        ByteBuffer out = ByteBuffer.allocate(16 + bytes);
        out.putInt(magic).putInt(count).putInt(height).putInt(width);
        for (int i = 0; i < bytes; i++) {
            out.put((byte) (i * 7));
        }
        return out.array();
    }

    private static byte[] images(int count) {
        return images(0x0803, count, H, W, count * H * W);
    }

    private static byte[] labels(int count) {
        ByteBuffer out = ByteBuffer.allocate(8 + count).putInt(0x0801).putInt(count);
        for (int i = 0; i < count; i++) {
            out.put((byte) (9 - i));
        }
        return out.array();
    }

    private void write(String file, byte[] bytes, boolean gz) throws IOException {
        if (!gz) {
            Files.write(folder.resolve(file), bytes);
            return;
        }
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        Files.write(folder.resolve(file + ".gz"), packed.toByteArray());
    }

    private void writeAll(boolean gz) throws IOException {
        write("train-images-idx3-ubyte", images(6), gz);
        write("train-labels-idx1-ubyte", labels(6), gz);
        write("t10k-images-idx3-ubyte", images(3), gz);
        write("t10k-labels-idx1-ubyte", labels(3), gz);
    }

    private void assertFailure(String... parts) {
        DatasetException e = assertThrows(DatasetException.class, () -> Idx.mnist(folder));
        assertEquals(1, e.getMessage().lines().count());
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), () -> "expected '" + part + "' in: " + e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsPlainAndPackedFiles(boolean gz) throws IOException {
        writeAll(gz);
        DataSplit split = Idx.mnist(folder);
        assertEquals(6, split.train().size());
        assertEquals(3, split.test().size());
        assertEquals(new ImageShape(1, 5, 4, 10), split.train().shape());
        byte[] image = new byte[H * W];
        split.train().image(2, image, 0);
        for (int i = 0; i < image.length; i++) {
            assertEquals((byte) ((2 * H * W + i) * 7), image[i]);
        }
        assertEquals(7, split.train().label(2));
        assertEquals(Normalization.MNIST, split.train().normalization());
        assertEquals(
                Normalization.FASHION_MNIST,
                Idx.fashionMnist(List.of(folder)).test().normalization());
    }

    @Test
    void plainAndPackedHaveTheSameChecksum() throws IOException {
        writeAll(false);
        String plain = Idx.mnist(folder).train().checksum();
        for (String stem : new String[] {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}) {
            byte[] bytes = Files.readAllBytes(folder.resolve(stem));
            Files.delete(folder.resolve(stem));
            write(stem, bytes, true);
        }
        assertEquals(plain, Idx.mnist(folder).train().checksum());
        assertTrue(plain.matches("sha256:[0-9a-f]{64}"), plain);
    }

    @Test
    void aWrongMagicNumberIsRefused() throws IOException {
        writeAll(false);
        write("t10k-images-idx3-ubyte", images(0x0D03, 3, H, W, 3 * H * W), false);
        assertFailure("t10k-images-idx3-ubyte", "expected magic number 0x00000803, found 0x00000d03");
    }

    @Test
    void wrongLengthsAreRefused() throws IOException {
        writeAll(false);
        write("train-images-idx3-ubyte", Arrays.copyOf(images(6), 16 + 6 * H * W - 1), false);
        assertFailure("train-images-idx3-ubyte: truncated", "announces 136 bytes, found 135");
        write("train-images-idx3-ubyte", Arrays.copyOf(images(6), 16 + 6 * H * W + 1), false);
        assertFailure("train-images-idx3-ubyte: too long");
        write("train-images-idx3-ubyte", Arrays.copyOf(images(6), 9), false);
        assertFailure("truncated: expected a header of 16 bytes, found 9");
        write("train-images-idx3-ubyte", images(0x0803, 1 << 30, 1 << 30, 1 << 30, 5), false);
        assertFailure("train-images-idx3-ubyte: truncated");
        write("train-images-idx3-ubyte", images(0x0803, -1, H, W, 5), false);
        assertFailure("dimension 0 is -1");
    }

    @Test
    void countsMustAgreeAndLabelsBeInRange() throws IOException {
        writeAll(false);
        write("train-labels-idx1-ubyte", labels(5), false);
        assertFailure("holds 6 images", "holds 5 labels");
        byte[] bad = labels(6);
        bad[8 + 4] = 10;
        write("train-labels-idx1-ubyte", bad, false);
        assertFailure("train-labels-idx1-ubyte: record 4 has label 10, expected 0..9");
    }

    @Test
    void aDamagedPackedFileIsNamed() throws IOException {
        writeAll(true);
        Path file = folder.resolve("t10k-images-idx3-ubyte.gz");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertFailure("t10k-images-idx3-ubyte.gz: cannot be read (EOFException", "download it again");
        Files.writeString(file, "<html>not found</html>");
        assertFailure("t10k-images-idx3-ubyte.gz: cannot be read (ZipException: Not in GZIP format)");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        writeAll(true);
        Files.delete(folder.resolve("train-labels-idx1-ubyte.gz"));
        assertFailure("mnist: data files not found", "(lacks train-labels-idx1-ubyte)", "Source.of(\"mnist\").fetch(");
    }
}
