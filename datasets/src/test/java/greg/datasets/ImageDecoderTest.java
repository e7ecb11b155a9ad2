package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.RandomResizedCrop.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against PIL's pixels; {@code images/generate.py} among the test resources made the files and the expected pixels. */
class ImageDecoderTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb.png",
                "rgb.bmp",
                "gray.png",
                "bilevel.png",
                "palette.png",
                "rgba.png",
                "graya.png",
                "rgb.jpg",
                "rgb444.jpg",
                "progressive.jpg",
                "profile.jpg",
                "gray.jpg",
                "cmyk.jpg",
                "ycck.jpg"
            })
    void decodesAsPil(String file) throws IOException {
        TestData.copyImage(file, folder.resolve(file));
        for (boolean turbo : TestData.turbo()) decodesAsPil(file, turbo);
    }

    private void decodesAsPil(String file, boolean turbo) throws IOException {
        ImageDecoder.Pixels image = TestData.decode(folder.resolve(file), turbo);
        assertEquals("22x35", image.height() + "x" + image.width());
        assertArrayEquals(TestData.imageBytes(file + ".rgb"), image.rgb());
        for (Window window : List.of(
                new Window(0, 0, 22, 35),
                new Window(3, 7, 12, 14),
                new Window(0, 0, 1, 35),
                new Window(17, 16, 5, 19),
                new Window(21, 34, 1, 1))) {
            ImageDecoder.Chooser chooser = (h, w) -> {
                assertEquals("22x35", h + "x" + w);
                return window;
            };
            ImageDecoder.Pixels part = ImageDecoder.decode(
                    folder.resolve(file), new ImageDecoder.Request(chooser, ImageDecoder.FULL_SIZE, turbo));
            assertEquals(window.height() + "x" + window.width(), part.height() + "x" + part.width());
            for (int y = 0; y < window.height(); y++) {
                for (int i = 0; i < window.width() * 3; i++) {
                    int whole = ((window.top() + y) * 35 + window.left()) * 3 + i;
                    assertEquals(image.rgb()[whole], part.rgb()[y * window.width() * 3 + i], window + " row " + y);
                }
            }
        }
    }

    @Test
    void anotherFormatIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("a.png"), "no image at all");
        DatasetException e = assertThrows(DatasetException.class, () -> ImageDecoder.decode(file));
        assertTrue(e.getMessage().contains("a.png: not a JPEG, PNG, BMP or GIF"), e.getMessage());
    }

    /** PIL refuses these too; half an image that ends in grey must not be trained on. */
    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "gray.png", "palette.png", "rgb.bmp", "rgb.jpg", "gray.jpg", "cmyk.jpg"})
    void aTruncatedFileIsRefusedByName(String name) throws IOException {
        byte[] whole = TestData.imageBytes(name);
        for (int length : new int[] {30, whole.length / 2, whole.length * 3 / 4, whole.length * 9 / 10}) {
            Path file = Files.write(folder.resolve(name), Arrays.copyOf(whole, length));
            for (boolean turbo : TestData.turbo()) {
                DatasetException e = assertThrows(
                        DatasetException.class,
                        () -> TestData.decode(file, turbo),
                        () -> length + " of " + whole.length);
                assertTrue(e.getMessage().contains(name), e.getMessage());
                assertEquals(1, e.getMessage().lines().count());
            }
        }
    }

    @Test
    void bytesAfterTheEndOfAJpegDoNoHarm() throws IOException {
        byte[] whole = TestData.imageBytes("rgb.jpg");
        Path file = Files.write(folder.resolve("long.jpg"), Arrays.copyOf(whole, whole.length + 100));
        for (boolean turbo : TestData.turbo()) {
            assertArrayEquals(
                    TestData.imageBytes("rgb.jpg.rgb"),
                    TestData.decode(file, turbo).rgb());
        }
    }

    @Test
    void aMissingFileIsNamed() {
        DatasetException e =
                assertThrows(DatasetException.class, () -> ImageDecoder.decode(folder.resolve("gone.png")));
        assertTrue(e.getMessage().contains("gone.png"), e.getMessage());
    }
}
