package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.datasets.ImageDecoder.Pixels;
import greg.datasets.RandomResizedCrop.Window;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random windows from files to batches. */
class RandomCropsTest {

    private static final long SEED = 5;
    private static final int SIZE = 16;
    private static final int IMAGES = 11;
    private static final int BATCH = 4;

    @TempDir
    Path root;

    @BeforeEach
    void write() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < IMAGES; i++) {
            noise(
                    root.resolve("mixed/train/c/" + (char) ('a' + i) + (i % 2 == 0 ? ".png" : ".jpg")),
                    20 + 3 * i,
                    random);
            noise(root.resolve("same/train/c/" + i + ".png"), SIZE, random);
        }
        noise(root.resolve("mixed/test/c/t.png"), 30, random);
        noise(root.resolve("same/test/c/t.png"), SIZE, random);
    }

    private static void noise(Path file, int height, Random random) throws IOException {
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(SIZE * 2, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < image.getWidth() * height; i++) {
            image.setRGB(i % image.getWidth(), i / image.getWidth(), random.nextInt());
        }
        String name = file.toString();
        ImageIO.write(image, name.substring(name.length() - 3), file.toFile());
    }

    private CropSource mixed(long cacheBytes) {
        return (CropSource) ImageFolder.split(root.resolve("mixed"), new ImageFolder.Options(SIZE, 18, cacheBytes))
                .train();
    }

    private CropSource same(long cacheBytes) {
        return (CropSource) ImageFolder.split(root.resolve("same"), new ImageFolder.Options(0, 0, cacheBytes))
                .train();
    }

    private static byte[] crop(CropSource data, int index, long seed, int epoch) {
        byte[] image = new byte[data.shape().bytes() + 1];
        data.randomCrop(index, seed, epoch, image, 1);
        return Arrays.copyOfRange(image, 1, image.length);
    }

    private static byte[] image(Dataset data, int index) {
        byte[] image = new byte[data.shape().bytes()];
        data.image(index, image, 0);
        return image;
    }

    private static byte[] expected(Path folder, int index, int height, int width, int epoch) throws IOException {
        try (var files = Files.list(folder)) {
            Pixels whole = ImageDecoder.decode(files.sorted().toList().get(index));
            Window window = RandomResizedCrop.window(whole.height(), whole.width(), SEED, epoch, index);
            return ImageResize.resize(whole.part(window), height, width).rgb();
        }
    }

    @Test
    void aCropIsAWindowOfTheStoredImageScaled() throws IOException {
        for (int epoch = 0; epoch < 3; epoch++) {
            for (int i = 0; i < IMAGES; i++) {
                byte[] large = expected(root.resolve("mixed/train/c"), i, SIZE, SIZE, epoch);
                assertArrayEquals(large, crop(mixed(0), i, SEED, epoch), "image " + i);
                byte[] own = expected(root.resolve("same/train/c"), i, SIZE, SIZE * 2, epoch);
                assertArrayEquals(own, crop(same(0), i, SEED, epoch), "image " + i);
            }
        }
        assertThrows(IndexOutOfBoundsException.class, () -> crop(mixed(0), IMAGES, SEED, 0));
    }

    /** Cached test images must not be mistaken for windows, nor windows for test images. */
    @Test
    void whatIsKeptInMemoryChangesNeitherCropsNorImages() {
        long cacheBytes = 1 << 20;
        for (boolean asStored : new boolean[] {false, true}) {
            CropSource cached = asStored ? same(cacheBytes) : mixed(cacheBytes);
            CropSource uncached = asStored ? same(0) : mixed(0);
            for (int pass = 0; pass < 3; pass++) {
                for (int i = 0; i < IMAGES; i++) {
                    assertArrayEquals(crop(uncached, i, SEED, pass), crop(cached, i, SEED, pass));
                    assertArrayEquals(image(uncached, i), image(cached, i));
                    assertArrayEquals(crop(uncached, i, SEED, pass), crop(cached, i, SEED, pass));
                    assertFalse(Arrays.equals(image(cached, i), crop(cached, i, SEED, pass)));
                }
            }
        }
    }

    /** The images of an epoch from {@code start} on, as "batch number, index" and pixels. */
    private static Map<String, byte[]> read(Batches batches, int epoch, int start) {
        Map<String, byte[]> read = new TreeMap<>();
        batches.epoch(epoch, start);
        int bytes = batches.dataset().shape().bytes();
        for (int number = start; batches.hasNext(); number++) {
            Batch batch = batches.next();
            for (int k = 0; k < batch.size(); k++) {
                String at = number + ", " + batch.indices()[k];
                assertEquals(batches.dataset().label(batch.indices()[k]), batch.labels()[k]);
                read.put(at, Arrays.copyOfRange(batch.images(), k * bytes, (k + 1) * bytes));
            }
        }
        return read;
    }

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((at, pixels) -> assertArrayEquals(pixels, found.get(at), at));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7})
    void readingAheadAndResumingChangeNoBit(int prefetch) {
        CropSource data = mixed(0);
        for (int epoch = 0; epoch < 3; epoch++) {
            Map<String, byte[]> whole = new TreeMap<>();
            int[] order = Batches.permutation(IMAGES, SEED, epoch);
            for (int place = 0; place < IMAGES; place++) {
                whole.put(place / BATCH + ", " + order[place], crop(data, order[place], SEED, epoch));
            }
            try (Batches batches = Batches.randomCrops(data, BATCH, true, SEED, false, prefetch)) {
                read(batches, epoch + 1, 0); // an epoch before, which leaves no trace
                assertSame(whole, read(batches, epoch, 0));
            }
            for (int start = 1; start <= 3; start++) {
                int first = start;
                whole.keySet().removeIf(at -> Integer.parseInt(at.substring(0, at.indexOf(','))) < first);
                try (Batches batches = Batches.randomCrops(data, BATCH, true, SEED, false, prefetch)) {
                    assertSame(whole, read(batches, epoch, start));
                }
            }
        }
    }

    @Test
    void epochsAndSeedsDifferAndBatchSizesDoNot() {
        CropSource data = mixed(0);
        try (Batches four = Batches.randomCrops(data, 4, false, SEED, false, 2);
                Batches one = Batches.randomCrops(data, 1, false, SEED, false, 2);
                Batches other = Batches.randomCrops(data, 4, false, SEED + 1, false, 2)) {
            Map<String, byte[]> first = read(four, 0, 0);
            Map<String, byte[]> second = read(four, 1, 0);
            Map<String, byte[]> alone = read(one, 0, 0);
            Map<String, byte[]> elsewhere = read(other, 0, 0);
            first.forEach((at, pixels) -> {
                assertFalse(Arrays.equals(pixels, second.get(at)), at);
                assertFalse(Arrays.equals(pixels, elsewhere.get(at)), at);
                String index = at.substring(at.indexOf(' ') + 1);
                assertArrayEquals(pixels, alone.get(index + ", " + index), at);
            });
        }
    }

    @Test
    void anOrdinaryLoaderOfTheSameDataCropsNothing() {
        CropSource data = mixed(1 << 20);
        try (Batches training = Batches.randomCrops(data, IMAGES, false, SEED, false, 0);
                Batches evaluation = new Batches(data, IMAGES, false, SEED, false, 0)) {
            for (int epoch = 0; epoch < 2; epoch++) {
                read(training, epoch, 0);
                Map<String, byte[]> plain = read(evaluation, epoch, 0);
                for (int i = 0; i < IMAGES; i++) {
                    assertArrayEquals(image(mixed(0), i), plain.get("0, " + i));
                }
            }
        }
    }
}
