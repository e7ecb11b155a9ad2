package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against PIL's pixels; {@code images/generate.py} among the test resources made files and answers. */
class ImageDecoderTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    // last column: largest difference allowed; JPEG decoders may round differently, and the YCCK formula rounds once
    // more
    @CsvSource({
        "rgb.png, 0",
        "rgb.bmp, 0",
        "gray.png, 0",
        "bilevel.png, 0",
        "palette.png, 0",
        "rgba.png, 0",
        "graya.png, 0",
        "rgb.jpg, 0",
        "rgb444.jpg, 0",
        "profile.jpg, 0",
        "gray.jpg, 0",
        "cmyk.jpg, 0",
        "ycck.jpg, 0"
    })
    void decodesAsPil(String file, int tolerance) throws IOException {
        ImageDecoder.Pixels image = ImageDecoder.decode(TestData.copyImage(file, folder.resolve(file)));
        assertEquals("22x35", image.height() + "x" + image.width());
        byte[] expected = TestData.imageBytes(file + ".rgb");
        assertEquals(expected.length, image.rgb().length);
        for (int i = 0; i < expected.length; i++) {
            int difference = Math.abs((expected[i] & 0xFF) - (image.rgb()[i] & 0xFF));
            assertTrue(
                    difference <= tolerance,
                    file + ": byte " + i + ": PIL " + (expected[i] & 0xFF) + ", got " + (image.rgb()[i] & 0xFF));
        }
    }

    @Test
    void anotherFormatIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("a.png"), "no image at all");
        DatasetException e = assertThrows(DatasetException.class, () -> ImageDecoder.decode(file));
        assertTrue(e.getMessage().contains("a.png: not a JPEG, PNG or BMP"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "gray.png", "palette.png", "rgb.bmp", "rgb.jpg"})
    void aFileCutInItsHeaderIsRefusedByName(String name) throws IOException {
        byte[] whole = TestData.imageBytes(name);
        Path file = Files.write(folder.resolve(name), Arrays.copyOf(whole, 30));
        DatasetException e = assertThrows(DatasetException.class, () -> ImageDecoder.decode(file));
        assertTrue(e.getMessage().contains(name), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    @Test
    void aMissingFileIsNamed() {
        DatasetException e =
                assertThrows(DatasetException.class, () -> ImageDecoder.decode(folder.resolve("gone.png")));
        assertTrue(e.getMessage().contains("gone.png"), e.getMessage());
    }
}
