package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CifarTest {

    @TempDir
    Path folder;

    /** Stored byte of a record's pixel; differs in each plane, row, column and record. */
    private static byte pixel(int record, int plane, int y, int x) {
        return (byte) (record * 101 + plane * 67 + y * 5 + x);
    }

    private static byte[] records(int first, int count, int... labelBytes) {
        int bytes = labelBytes.length + 3072;
        byte[] file = new byte[count * bytes];
        for (int r = 0; r < count; r++) {
            int at = r * bytes;
            for (int label : labelBytes) {
                file[at++] = (byte) (label + r);
            }
            for (int c = 0; c < 3; c++) {
                for (int y = 0; y < 32; y++) {
                    for (int x = 0; x < 32; x++) {
                        file[at++] = pixel(first + r, c, y, x);
                    }
                }
            }
        }
        return file;
    }

    private static void writeCifar10(Path where) throws IOException {
        Files.createDirectories(where);
        for (int b = 1; b <= 5; b++) {
            Files.write(where.resolve("data_batch_" + b + ".bin"), records(2 * (b - 1), 2, b));
        }
        Files.write(where.resolve("test_batch.bin"), records(50, 3, 0));
    }

    private static void assertImage(int record, Dataset data, int index) {
        byte[] image = new byte[data.shape().bytes() + 2];
        data.image(index, image, 1);
        assertEquals(0, image[0]);
        assertEquals(0, image[image.length - 1]);
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++) {
                for (int c = 0; c < 3; c++) {
                    assertEquals(pixel(record, c, y, x), image[1 + (y * 32 + x) * 3 + c]);
                }
            }
        }
    }

    private String failure() {
        DatasetException e = assertThrows(DatasetException.class, () -> Cifar.cifar10(folder));
        assertEquals(1, e.getMessage().lines().count());
        return e.getMessage();
    }

    private static void assertContains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cifar-10-batches-bin"})
    void readsCifar10InOrder(String inner) throws IOException {
        writeCifar10(folder.resolve(inner));
        DataSplit split = Cifar.cifar10(folder);
        Dataset train = split.train();
        assertEquals(10, train.size());
        assertEquals(3, split.test().size());
        assertEquals(new ImageShape(3, 32, 32, 10), train.shape());
        assertEquals(Datasets.shape("cifar10"), train.shape());
        for (int i = 0; i < 10; i++) {
            assertEquals(1 + i / 2 + i % 2, train.label(i));
            assertImage(i, train, i);
        }
        assertImage(52, split.test(), 2);
        assertEquals("truck", train.classNames().get(9));
        assertEquals(Normalization.CIFAR10, train.normalization());
        assertNotEquals(train.checksum(), split.test().checksum());
        assertThrows(IndexOutOfBoundsException.class, () -> train.image(10, new byte[3072], 0));
        assertThrows(IndexOutOfBoundsException.class, () -> train.image(0, new byte[3072], 1));
        assertThrows(IndexOutOfBoundsException.class, () -> train.label(-1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cifar-100-binary"})
    void readsTheFineLabelsOfCifar100(String inner) throws IOException {
        Path where = Files.createDirectories(folder.resolve(inner));
        Files.write(where.resolve("train.bin"), records(0, 4, 200, 96)); // the coarse label is ignored
        Files.write(where.resolve("test.bin"), records(9, 1, 3, 40));
        DataSplit split = Cifar.cifar100(folder);
        assertEquals(new ImageShape(3, 32, 32, 100), split.train().shape());
        assertEquals(Datasets.shape("cifar100"), split.train().shape());
        assertEquals(99, split.train().label(3));
        assertEquals(40, split.test().label(0));
        assertImage(2, split.train(), 2);
        assertEquals(100, split.train().classNames().stream().distinct().count());
        assertEquals("worm", split.train().classNames().get(99));
        assertEquals(
                split.train().classNames(),
                split.train().classNames().stream().sorted().toList());
    }

    @Test
    void aTruncatedFileIsNamed() throws IOException {
        writeCifar10(folder);
        Files.write(folder.resolve("data_batch_3.bin"), Arrays.copyOf(records(0, 2, 1), 6145));
        assertContains(
                failure(),
                "data_batch_3.bin: truncated: expected a multiple of 3073 bytes, found 6145; the last record is incomplete;"
                        + " download again",
                "download again: Source.of(\"cifar10\").fetch(");
    }

    @Test
    void anEmptyFileIsNamed() throws IOException {
        writeCifar10(folder);
        Files.write(folder.resolve("test_batch.bin"), new byte[0]);
        assertContains(failure(), "test_batch.bin: empty", "download again: Source.of(\"cifar10\").fetch(");
    }

    @Test
    void aLabelOutOfRangeIsPlaced() throws IOException {
        writeCifar10(folder);
        Files.write(folder.resolve("data_batch_2.bin"), records(0, 4, 7));
        assertContains(failure(), "data_batch_2.bin: record 3 has label 10, expected 0..9");
        Files.write(folder.resolve("data_batch_2.bin"), records(0, 1, 255));
        assertContains(failure(), "record 0 has label 255");
    }

    @Test
    void missingFilesAreNamedWithFolderAndCommand() throws IOException {
        assertContains(
                failure(),
                "data_batch_1.bin, data_batch_2.bin",
                "test_batch.bin",
                folder + " (none of them)",
                folder.resolve("cifar-10-batches-bin") + " (no such folder)",
                "Source.of(\"cifar10\").fetch(");
        writeCifar10(folder);
        Files.delete(folder.resolve("data_batch_4.bin"));
        assertContains(failure(), folder + " (lacks data_batch_4.bin)");
    }
}
