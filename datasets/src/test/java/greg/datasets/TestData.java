package greg.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Small data sets for tests. */
final class TestData {

    private TestData() {}

    /** {@code size} images of 2x3x2 whose every byte is determined by its index; labels repeat. */
    static ArrayDataset numbered(int size, int classes) {
        int bytes = 2 * 3 * 2;
        byte[] pixels = new byte[size * bytes];
        int[] labels = new int[size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i * 31 + 7);
        }
        List<String> names = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            names.add("c" + c);
        }
        for (int i = 0; i < size; i++) {
            labels[i] = i % classes;
        }
        DatasetInfo info =
                new DatasetInfo("numbered", new ImageShape(2, 2, 3, classes), names, Normalization.centred(2));
        return new ArrayDataset(info, pixels, labels);
    }

    /** A file of the test images. */
    static byte[] imageBytes(String name) throws IOException {
        try (InputStream in = TestData.class.getResourceAsStream("images/" + name)) {
            if (in == null) {
                throw new IOException("no test resource images/" + name);
            }
            return in.readAllBytes();
        }
    }

    /** Writes one of the test images to a file, with the folders above it. */
    static Path copyImage(String name, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, imageBytes(name));
    }

    /** The same data set, but reading image {@code at} first runs {@code action}. */
    static Dataset failing(Dataset base, int at, Runnable action) {
        return new Dataset() {
            @Override
            public DatasetInfo info() {
                return base.info();
            }

            @Override
            public int size() {
                return base.size();
            }

            @Override
            public int label(int index) {
                return base.label(index);
            }

            @Override
            public void image(int index, byte[] dst, int offset) {
                if (index == at) {
                    action.run();
                }
                base.image(index, dst, offset);
            }

            @Override
            public String checksum() {
                return base.checksum();
            }
        };
    }
}
