package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bit for bit against PIL and torchvision; {@code images/generate.py} among the test resources made the expected pixels. */
class ImageResizeTest {

    private static ImageDecoder.Pixels source() throws IOException {
        return new ImageDecoder.Pixels(22, 35, TestData.imageBytes("rgb.png.rgb"));
    }

    @ParameterizedTest
    @CsvSource({"11, 35", "22, 17", "7, 9", "40, 71", "23, 34"})
    void resizesAsPil(int height, int width) throws IOException {
        ImageDecoder.Pixels out = ImageResize.resize(source(), height, width);
        assertEquals(height + "x" + width, out.height() + "x" + out.width());
        assertArrayEquals(TestData.imageBytes("resize-" + height + "x" + width + ".rgb"), out.rgb());
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 22, 35", "3, 7, 12, 14", "10, 1, 5, 30", "21, 34, 1, 1"})
    void resizesAPartAsTorchvision(int top, int left, int height, int width) throws IOException {
        byte[] expected = TestData.imageBytes("part-" + top + "-" + left + "-" + height + "-" + width + ".rgb");
        ImageDecoder.Pixels part = source().part(new RandomResizedCrop.Window(top, left, height, width));
        assertEquals(height + "x" + width, part.height() + "x" + part.width());
        assertArrayEquals(expected, ImageResize.resize(part, 12, 14).rgb());
    }

    @ParameterizedTest
    @CsvSource({"16, 14", "16, 15", "30, 24", "9, 8"})
    void cropsAsTorchvision(int resize, int size) throws IOException {
        byte[] expected = TestData.imageBytes("crop-" + resize + "-" + size + ".rgb");
        assertArrayEquals(expected, ImageResize.resizeAndCrop(source(), resize, size));
    }
}
