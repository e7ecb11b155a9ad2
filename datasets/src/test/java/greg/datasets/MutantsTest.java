package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.fetch.Mutation;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files are read or refused with a DatasetException; nothing else is thrown, overflows, or takes forever. */
class MutantsTest {
    private static final int MUTANTS = 200;

    @TempDir
    Path folder;

    @FunctionalInterface
    private interface Reading {
        void run() throws IOException;
    }

    private void each(byte[] original, Path file, Reading reading) throws IOException {
        int refused = 0;
        for (int seed = 0; seed < MUTANTS; seed++) {
            byte[] bytes = Mutation.of(original, new Random(seed));
            Files.write(file, bytes);
            try {
                reading.run();
            } catch (DatasetException e) {
                refused++;
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "mutant " + seed + " of " + file + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        assertTrue(refused > 0, "none refused");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb.png",
                "palette.png",
                "rgba.png",
                "bilevel.png",
                "rgb.bmp",
                "rgb.jpg",
                "progressive.jpg",
                "cmyk.jpg",
                "profile.jpg"
            })
    void aDamagedImageIsDecodedOrRefused(String name) throws IOException {
        Path file = folder.resolve(name);
        for (boolean turbo : TestData.turbo()) {
            each(TestData.imageBytes(name), file, () -> TestData.decode(file, turbo));
        }
    }

    @Test
    void aDamagedGifIsDecodedOrRefused() throws IOException {
        ByteArrayOutputStream gif = new ByteArrayOutputStream();
        BufferedImage image = new BufferedImage(30, 20, BufferedImage.TYPE_BYTE_INDEXED);
        for (int i = 0; i < 600; i++) image.setRGB(i % 30, i / 30, i * 7919);
        ImageIO.write(image, "gif", gif);
        Path file = folder.resolve("a.gif");
        each(gif.toByteArray(), file, () -> ImageDecoder.decode(file));
    }

    @Test
    void damagedIdxFilesAreReadOrRefused() throws IOException {
        ArrayDataset data = TestData.numbered(3, 3);
        byte[] images = new byte[16 + data.size() * 12];
        images[2] = 8;
        images[3] = 3;
        images[7] = 3;
        images[11] = 3;
        images[15] = 4;
        byte[] labels = {0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2};
        for (String half : new String[] {"train", "t10k"}) {
            Files.write(folder.resolve(half + "-images-idx3-ubyte"), images);
            Files.write(folder.resolve(half + "-labels-idx1-ubyte"), labels);
        }
        assertEquals(3, Idx.mnist(folder).test().size());
        Path first = folder.resolve("train-images-idx3-ubyte");
        each(images, first, () -> Idx.mnist(folder));
        Files.write(first, images);
        each(labels, folder.resolve("train-labels-idx1-ubyte"), () -> Idx.mnist(folder));
    }

    @Test
    void damagedCifarFilesAreReadOrRefused() throws IOException {
        byte[] record = new byte[3073];
        for (int i = 1; i <= 5; i++) Files.write(folder.resolve("data_batch_" + i + ".bin"), record);
        Path test = folder.resolve("test_batch.bin");
        Files.write(test, record);
        assertEquals(5, Cifar.cifar10(folder).train().size());
        each(record, test, () -> Cifar.cifar10(folder));
    }
}
