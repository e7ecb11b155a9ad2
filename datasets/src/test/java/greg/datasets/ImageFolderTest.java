package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

    @TempDir
    Path root;

    /** A one-coloured PNG. */
    private static void png(Path file, int height, int width, int rgb) throws IOException {
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, rgb);
            }
        }
        ImageIO.write(image, "png", file.toFile());
    }

    @BeforeEach
    void write() throws IOException {
        png(root.resolve("train/cat/b.PNG"), 6, 8, 0x010203);
        png(root.resolve("train/cat/a.png"), 6, 8, 0x040506);
        png(root.resolve("train/ant/deep/z.png"), 6, 8, 0x070809);
        png(root.resolve("val/cat/0.png"), 6, 8, 0x0A0B0C);
        Files.writeString(root.resolve("train/cat/notes.txt"), "not an image");
        Files.writeString(root.resolve("train/labels.csv"), "not a class");
        Files.createDirectories(root.resolve("train/.cache"));
    }

    private static int firstPixel(Dataset data, int index) {
        byte[] image = new byte[data.shape().bytes()];
        data.image(index, image, 0);
        return (image[0] & 0xFF) << 16 | (image[1] & 0xFF) << 8 | image[2] & 0xFF;
    }

    private static void assertFailure(Executable action, String... parts) {
        DatasetException e = assertThrows(DatasetException.class, action);
        assertEquals(1, e.getMessage().lines().count());
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), () -> "expected '" + part + "' in: " + e.getMessage());
        }
    }

    @Test
    void classesAndFilesAreSorted() {
        DataSplit split = ImageFolder.split(root, ImageFolder.Options.NATIVE);
        Dataset train = split.train();
        assertEquals(List.of("ant", "cat"), train.classNames());
        assertEquals(3, train.size());
        assertEquals(new ImageShape(3, 6, 8, 2), train.shape());
        int[] labels = {0, 1, 1};
        int[] pixels = {0x070809, 0x040506, 0x010203};
        for (int pass = 0; pass < 2; pass++) { // the second time from memory
            for (int i = 0; i < 3; i++) {
                assertEquals(labels[i], train.label(i));
                assertEquals(pixels[i], firstPixel(train, i));
            }
        }
        assertEquals(1, split.test().label(0), "a class that the test half lacks shifts no label");
        assertEquals(0x0A0B0C, firstPixel(split.test(), 0));
        assertEquals(Normalization.IMAGENET, train.normalization());
        assertEquals(
                3,
                ImageFolder.single(root.resolve("train"), ImageFolder.Options.NATIVE)
                        .size());
    }

    @Test
    void cachedAndUncachedGiveTheSame() throws IOException {
        TestData.copyImage("rgb.jpg", root.resolve("train/ant/photo.jpg"));
        ImageFolder.Options cached = ImageFolder.Options.square(7);
        Dataset with = ImageFolder.split(root, cached).train();
        Dataset without = ImageFolder.split(root, new ImageFolder.Options(7, cached.resize(), 0))
                .train();
        byte[] a = new byte[7 * 7 * 3];
        byte[] b = new byte[7 * 7 * 3];
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < with.size(); i++) {
                with.image(i, a, 0);
                without.image(i, b, 0);
                assertArrayEquals(a, b);
            }
        }
        Files.delete(root.resolve("train/ant/photo.jpg"));
        with.image(1, a, 0); // from memory
        assertFailure(() -> without.image(1, b, 0), "photo.jpg");
    }

    @Test
    void anotherSizeIsRefusedUnlessOneIsChosen() throws IOException {
        TestData.copyImage("rgb.png", root.resolve("train/cat/c.png"));
        Dataset train = ImageFolder.split(root, ImageFolder.Options.NATIVE).train();
        assertFailure(() -> firstPixel(train, 3), "c.png: image is 22x35, expected 6x8", "imageSize");
        Dataset chosen =
                ImageFolder.split(root, new ImageFolder.Options(14, 16, 0)).train();
        byte[] image = new byte[14 * 14 * 3];
        chosen.image(3, image, 0);
        assertArrayEquals(TestData.imageBytes("crop-16-14.rgb"), image);
    }

    @Test
    void theChecksumFollowsTheFiles() throws IOException {
        String before =
                ImageFolder.split(root, ImageFolder.Options.NATIVE).train().checksum();
        assertEquals(
                before,
                ImageFolder.split(root, ImageFolder.Options.NATIVE).train().checksum());
        Files.move(root.resolve("train/cat/a.png"), root.resolve("train/ant/a.png"));
        assertNotEquals(
                before,
                ImageFolder.split(root, ImageFolder.Options.NATIVE).train().checksum());
    }

    @Test
    void foldersThatDoNotFitAreExplained() throws IOException {
        ImageFolder.Options options = ImageFolder.Options.NATIVE;
        assertFailure(
                () -> ImageFolder.split(root.resolve("nowhere"), options),
                "no folder",
                "train/CLASS/",
                "the setting data");
        assertFailure(() -> ImageFolder.single(root.resolve("val/cat"), options), "found no folder there");
        png(root.resolve("val/dog/0.png"), 6, 8, 0);
        assertFailure(() -> ImageFolder.split(root, options), "dog is a class that the training folder does not have");
        Files.createDirectories(root.resolve("train/dog"));
        assertFailure(() -> ImageFolder.split(root, options), "dog, found none");
        assertThrows(IllegalArgumentException.class, () -> new ImageFolder.Options(32, 31, 0));
    }

    @Test
    void aMissingTestFolderIsExplained() {
        assertFailure(
                () -> ImageFolder.split(
                        Files.move(root.resolve("train"), root.resolve("val/train"))
                                .getParent(),
                        ImageFolder.Options.NATIVE),
                "expected a folder test or val beside");
    }

    @Test
    void readsTinyImageNetAsDownloaded() throws IOException {
        Path tiny = root.resolve("tiny-imagenet-200");
        png(tiny.resolve("train/n01/images/n01_0.png"), 64, 64, 0x111111);
        png(tiny.resolve("train/n02/images/n02_0.png"), 64, 64, 0x222222);
        png(tiny.resolve("val/images/val_0.png"), 64, 64, 0x333333);
        png(tiny.resolve("val/images/val_1.png"), 64, 64, 0x444444);
        Path annotations = tiny.resolve("val/val_annotations.txt");
        Files.writeString(annotations, "val_1.png\tn01\t0\t32\t44\t62\nval_0.png\tn02\t52\t55\t57\t59\n");
        DataSplit split = Datasets.open("tiny-imagenet", root);
        assertEquals(List.of("n01", "n02"), split.test().classNames());
        assertEquals(0, split.test().label(0));
        assertEquals(0x444444, firstPixel(split.test(), 0));
        assertEquals(1, split.test().label(1));
        assertEquals(new ImageShape(3, 64, 64, 2), split.train().shape());
        Files.writeString(annotations, "val_1.png\tn03\t0\t32\t44\t62\n");
        assertFailure(() -> Datasets.open("tiny-imagenet", root), "val_annotations.txt: line 1", "n03");
        Files.writeString(annotations, "");
        assertFailure(() -> Datasets.open("tiny-imagenet", root), "empty");
    }
}
