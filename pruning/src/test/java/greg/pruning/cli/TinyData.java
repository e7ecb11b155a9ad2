package greg.pruning.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Data sets of a few images in the official formats. */
final class TinyData {
    static final int CIFAR_TRAIN = 20;
    static final int CIFAR_TEST = 6;
    static final int MNIST_TRAIN = 24;
    static final int MNIST_TEST = 10;

    private TinyData() {}

    /** CIFAR-10's six binary files, {@link #CIFAR_TRAIN} + {@link #CIFAR_TEST} records. */
    static Path cifar10(Path folder) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(1);
        for (int i = 1; i <= 5; i++) cifar(folder.resolve("data_batch_" + i + ".bin"), CIFAR_TRAIN / 5, random);
        cifar(folder.resolve("test_batch.bin"), CIFAR_TEST, random);
        return folder;
    }

    private static void cifar(Path file, int records, Random random) throws IOException {
        byte[] bytes = new byte[records * 3073];
        random.nextBytes(bytes);
        for (int r = 0; r < records; r++) bytes[r * 3073] = (byte) random.nextInt(10);
        Files.write(file, bytes);
    }

    /** MNIST's four IDX files, {@link #MNIST_TRAIN} + {@link #MNIST_TEST} images. */
    static Path mnist(Path folder) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(2);
        idx(folder, "train", MNIST_TRAIN, random);
        idx(folder, "t10k", MNIST_TEST, random);
        return folder;
    }

    /** A folder with two classes of JPEG files of several sizes from 20x24 on, 6 + 2 images each. */
    static Path imageFolder(Path folder) throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < 16; i++) {
            Path half = folder.resolve(i < 12 ? "train" : "val");
            Path file = half.resolve("class" + i % 2).resolve("image" + i + ".jpg");
            Files.createDirectories(file.getParent());
            BufferedImage image = new BufferedImage(24 + i, 20 + i % 3, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < image.getWidth() * image.getHeight(); p++) {
                image.setRGB(p % image.getWidth(), p / image.getWidth(), random.nextInt());
            }
            ImageIO.write(image, "jpg", file.toFile());
        }
        return folder;
    }

    private static void idx(Path folder, String half, int count, Random random) throws IOException {
        ByteArrayOutputStream images = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(images);
        for (int word : new int[] {0x803, count, 28, 28}) out.writeInt(word);
        byte[] pixels = new byte[count * 28 * 28];
        random.nextBytes(pixels);
        out.write(pixels);
        Files.write(folder.resolve(half + "-images-idx3-ubyte"), images.toByteArray());
        ByteArrayOutputStream labels = new ByteArrayOutputStream();
        out = new DataOutputStream(labels);
        out.writeInt(0x801);
        out.writeInt(count);
        for (int i = 0; i < count; i++) out.writeByte(i % 10);
        Files.write(folder.resolve(half + "-labels-idx1-ubyte"), labels.toByteArray());
    }
}
