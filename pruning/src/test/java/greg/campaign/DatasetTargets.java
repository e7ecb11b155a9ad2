package greg.campaign;

import greg.datasets.Cifar;
import greg.datasets.Dataset;
import greg.datasets.Idx;
import greg.datasets.ImageFolder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Files of data sets. */
final class DatasetTargets {
    private DatasetTargets() {}

    /** An image of an image folder, in one of Java's formats. */
    record Image(String format) implements Target {
        @Override
        public String name() {
            return format;
        }

        @Override
        public List<byte[]> seeds() throws IOException {
            List<byte[]> seeds = new ArrayList<>();
            seeds.add(image(12, 9, BufferedImage.TYPE_INT_RGB));
            seeds.add(image(8, 8, BufferedImage.TYPE_BYTE_GRAY));
            if (!format.equals("jpg")) seeds.add(image(9, 7, BufferedImage.TYPE_BYTE_INDEXED));
            return seeds;
        }

        private byte[] image(int width, int height, int type) throws IOException {
            BufferedImage image = new BufferedImage(width, height, type);
            for (int p = 0; p < width * height; p++) image.setRGB(p % width, p / width, 0x9E3779 * p);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (!ImageIO.write(image, format, out)) throw new IllegalStateException("no writer of " + format);
            return out.toByteArray();
        }

        @Override
        public Mutator mutator() {
            return ByteMutator.INSTANCE;
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            // by its content, whatever its name says
            Path file = Files.createDirectories(scratch.resolve("train/a")).resolve("mutant.png");
            Files.write(file, seeds().get(0));
            Files.createDirectories(scratch.resolve("test/a"));
            Files.copy(file, scratch.resolve("test/a/other.png"));
            Dataset images =
                    ImageFolder.split(scratch, new ImageFolder.Options(8, 9, 0)).train();
            byte[] pixels = new byte[images.shape().bytes()];
            return new FileReader(file, f -> images.image(0, pixels, 0));
        }
    }

    /** Images of the MNIST family. */
    record IdxImages() implements Target {
        @Override
        public String name() {
            return "idx";
        }

        @Override
        public List<byte[]> seeds() {
            return List.of(images(2, 28));
        }

        private static byte[] images(int count, int side) {
            ByteBuffer bytes = ByteBuffer.allocate(16 + count * side * side);
            return bytes.putInt(0x803).putInt(count).putInt(side).putInt(side).array();
        }

        @Override
        public Mutator mutator() {
            return ByteMutator.INSTANCE;
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            for (String half : List.of("train", "t10k")) {
                Files.write(scratch.resolve(half + "-images-idx3-ubyte"), images(2, 28));
                byte[] labels = ByteBuffer.allocate(10).putInt(0x801).putInt(2).array();
                Files.write(scratch.resolve(half + "-labels-idx1-ubyte"), labels);
            }
            return new FileReader(scratch.resolve("train-images-idx3-ubyte"), f -> Idx.mnist(scratch));
        }
    }

    /** Training images of CIFAR-100. */
    record CifarImages() implements Target {
        private static final int RECORD = 2 + 3 * 32 * 32;

        @Override
        public String name() {
            return "cifar";
        }

        @Override
        public List<byte[]> seeds() {
            return List.of(new byte[RECORD], new byte[2 * RECORD]);
        }

        @Override
        public Mutator mutator() {
            return ByteMutator.INSTANCE;
        }

        @Override
        public Reader open(Path scratch) throws IOException {
            Files.write(scratch.resolve("test.bin"), new byte[RECORD]);
            return new FileReader(scratch.resolve("train.bin"), f -> Cifar.cifar100(scratch));
        }
    }
}
