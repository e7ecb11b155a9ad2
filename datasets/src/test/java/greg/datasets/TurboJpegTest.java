package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import greg.datasets.ImageDecoder.Pixels;
import greg.datasets.ImageDecoder.Request;
import greg.datasets.RandomResizedCrop.Window;
import greg.datasets.jpeg.TurboJpeg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** libjpeg-turbo against the JDK's decoder, which {@link ImageDecoderTest} compares with PIL's pixels. */
class TurboJpegTest {
    private static final int[][] SIZES = {
        {1, 1}, {1, 40}, {40, 1}, {2, 3}, {8, 8}, {15, 17}, {16, 16}, {33, 31}, {64, 47}, {375, 500}
    };

    @TempDir
    Path folder;

    private static void assumeThere() {
        assumeTrue(TurboJpeg.isThere(), () -> "no libjpeg-turbo: " + TurboJpeg.whyNot());
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("a.jpg"), bytes);
    }

    private static void assertSame(Pixels expected, Pixels found, String what) {
        assertEquals(expected.height() + "x" + expected.width(), found.height() + "x" + found.width(), what);
        assertArrayEquals(expected.rgb(), found.rgb(), what);
    }

    /** Sampling factors of Y, Cb and Cr, or of grey alone. */
    @ParameterizedTest
    @ValueSource(strings = {"1 1 1 1 1 1", "2 1 1 1 1 1", "2 2 1 1 1 1", "1 1"})
    void usualFilesHaveTheJdksPixels(String factors) throws IOException {
        assumeThere();
        for (int[] size : SIZES) {
            for (float quality : new float[] {0.1f, 0.75f, 1}) {
                byte[] bytes = TestData.jpeg(size[0], size[1], quality, false, numbers(factors));
                String what = factors + ", " + Arrays.toString(size) + ", " + quality;
                assertTrue(new JpegHeader(bytes.clone()).decodesAlike(), what);
                byte[] rgb = TurboJpeg.decode(bytes, size[0], size[1], 1);
                assertNotNull(rgb, what);
                Path file = write(bytes);
                Pixels jdk = TestData.decode(file, false);
                assertSame(jdk, new Pixels(size[0], size[1], rgb), what);
                assertSame(jdk, TestData.decode(file, true), what);
            }
        }
    }

    private static int[] numbers(String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    /** Some of these would get other pixels, so the JDK decodes all of them. */
    @ParameterizedTest
    @CsvSource({"1 2 1 1 1 1, false", "4 1 1 1 1 1, false", "2 2 2 1 1 1, false", "2 2 1 1 1 1, true", "1 1, true"})
    void unusualFilesAreTheJdks(String factors, boolean progressive) throws IOException {
        byte[] bytes = TestData.jpeg(33, 31, 0.75f, progressive, numbers(factors));
        assertEquals(false, new JpegHeader(bytes.clone()).decodesAlike());
        Path file = write(bytes);
        for (boolean turbo : TestData.turbo()) {
            assertSame(TestData.decode(file, false), TestData.decode(file, turbo), factors);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cmyk.jpg", "ycck.jpg", "progressive.jpg", "rgb.png"})
    void unusualFilesOfOthersAreTheJdks(String name) throws IOException {
        assertEquals(false, new JpegHeader(TestData.imageBytes(name)).decodesAlike());
    }

    @Test
    void damagedFilesGiveNullNotACrash() throws IOException {
        assumeThere();
        byte[] bytes = TestData.jpeg(33, 31, 0.75f, false, 2, 2, 1, 1, 1, 1);
        assertNotNull(TurboJpeg.decode(bytes, 33, 31, 1));
        assertNull(TurboJpeg.decode(bytes, 31, 33, 1), "of another size");
        assertNull(TurboJpeg.decode(bytes, 32, 31, 1), "of another size");
        for (int length = 0; length < bytes.length - 2; length++) {
            assertNull(TurboJpeg.decode(Arrays.copyOf(bytes, length), 33, 31, 1), "cut off after " + length);
        }
        assertNull(TurboJpeg.decode(new byte[1000], 33, 31, 1));
    }

    /** What libjpeg-turbo only warns of, and would fill with grey, is decoded or refused as without it. */
    @Test
    void whatItComplainsOfTheJdkDecides() throws IOException {
        byte[] bytes = TestData.jpeg(33, 31, 0.75f, false, 2, 2, 1, 1, 1, 1);
        byte[] early = Arrays.copyOf(bytes, bytes.length * 2 / 3);
        early[early.length - 2] = (byte) 0xFF;
        early[early.length - 1] = (byte) 0xD9; // the end of the image
        Path file = write(early);
        Pixels jdk = TestData.decode(file, false);
        if (TurboJpeg.isThere()) {
            assertNull(TurboJpeg.decode(early, 33, 31, 1));
            assertSame(jdk, TestData.decode(file, true), "with an early end");
        }
    }

    /** Another decoder and scale, but the same picture: the reduced one is the mean over blocks of the whole one. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void reducedImagesAreMeansOfBlocks(int by) throws IOException {
        assumeThere();
        byte[] bytes = TestData.jpeg(375, 500, 1, false, 1, 1, 1, 1, 1, 1);
        Pixels whole = TestData.decode(write(bytes), false);
        byte[] reduced = TurboJpeg.decode(bytes, 375, 500, by);
        int height = TurboJpeg.reduced(375, by);
        int width = TurboJpeg.reduced(500, by);
        assertEquals(height * width * 3, reduced.length);
        double off = 0;
        for (int y = 0; y < 375 / by; y++) {
            for (int x = 0; x < 500 / by; x++) {
                int sum = 0;
                for (int i = 0; i < by * by; i++) {
                    sum += whole.rgb()[((y * by + i / by) * 500 + x * by + i % by) * 3] & 0xFF;
                }
                off += Math.abs((reduced[(y * width + x) * 3] & 0xFF) - (double) sum / (by * by));
            }
        }
        off /= (double) (375 / by) * (500 / by);
        assertTrue(off < 4, "mean difference " + off);
    }

    @Test
    void theSmallestScaleIsTakenThatIsStillLargeEnough() throws IOException {
        assumeThere();
        Path file = write(TestData.jpeg(375, 500, 0.75f, false, 2, 2, 1, 1, 1, 1));
        for (int[] each : new int[][] {{376, 1}, {188, 1}, {187, 2}, {94, 2}, {93, 4}, {47, 4}, {46, 8}, {1, 8}}) {
            Pixels image = ImageDecoder.decode(file, new Request(null, each[0], true));
            assertEquals(
                    TurboJpeg.reduced(375, each[1]) + "x" + TurboJpeg.reduced(500, each[1]),
                    image.height() + "x" + image.width(),
                    "at least " + each[0]);
        }
        Window window = new Window(101, 203, 201, 120);
        Pixels half = ImageDecoder.decode(file, new Request((h, w) -> window, 60, true));
        assertEquals("100x60", half.height() + "x" + half.width());
        Pixels all = ImageDecoder.decode(file, new Request(null, 187, true));
        assertSame(all.part(new Window(50, 101, 100, 60)), half, "a window of the half");
    }

    @Test
    void fastDecodingChangesLargeImagesOnlyAndNeedsTheLibrary() throws IOException {
        for (String half : List.of("train", "val")) {
            Files.createDirectories(folder.resolve(half + "/ant"));
            Files.write(folder.resolve(half + "/ant/0.jpg"), TestData.jpeg(384, 512, 0.75f, false, 2, 2, 1, 1, 1, 1));
        }
        ImageReading fast = new ImageReading(ImageCheck.NONE, 1, true);
        if (!TurboJpeg.isThere()) {
            DatasetException e =
                    assertThrows(DatasetException.class, () -> Datasets.open("imagefolder", folder, 64, fast));
            assertTrue(e.getMessage().contains("the setting fastDecode needs libjpeg-turbo"), e.getMessage());
            return;
        }
        for (int size : new int[] {64, 200}) {
            byte[] every = image(ImageReading.STANDARD, size);
            byte[] some = image(fast, size);
            double off = 0;
            for (int i = 0; i < every.length; i++) off += Math.abs((every[i] & 0xFF) - (some[i] & 0xFF));
            off /= every.length;
            assertEquals(size == 64, off > 0, "an image that is scaled to " + size);
            assertTrue(off < 3, "mean difference " + off);
        }
    }

    private byte[] image(ImageReading reading, int size) {
        byte[] image = new byte[size * size * 3];
        Datasets.open("imagefolder", folder, size, reading).train().image(0, image, 0);
        return image;
    }
}
