package greg.datasets;

import greg.datasets.random.SplitMix;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Made the files of {@link FashionMini}: {@code FashionMiniBuilder FASHION_MNIST_FOLDER OUTPUT_FOLDER}. In each half the
 * indices are shuffled (SplitMix64, seed 2021), the first 1000 or 200 of each class are taken, and these are put back into
 * the order of the original file.
 */
final class FashionMiniBuilder {

    private static final long SEED = 2021;
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private FashionMiniBuilder() {}

    /** Indices of the chosen images, ascending. */
    static int[] choose(Dataset full, int perClass, long stream) {
        // the files are older than Seeds: mix(mix(SEED + gamma) ^ stream gamma), gamma being SplitMix64's increment
        long mixed = new SplitMix(SEED).next() ^ stream * GAMMA;
        int[] order = new SplitMix(new SplitMix(mixed - GAMMA).next()).permutation(full.size());
        int[] taken = new int[full.shape().classes()];
        return Arrays.stream(order)
                .filter(i -> taken[full.label(i)]++ < perClass)
                .sorted()
                .toArray();
    }

    public static void main(String[] args) throws IOException {
        DataSplit full = Idx.fashionMnist(List.of(Path.of(args[0])));
        Path out = Path.of(args[1]);
        write(full.train(), choose(full.train(), FashionMini.TRAIN_PER_CLASS, 0), out, "train");
        write(full.test(), choose(full.test(), FashionMini.TEST_PER_CLASS, 1), out, "test");
    }

    private static void write(Dataset full, int[] chosen, Path folder, String half) throws IOException {
        byte[] image = new byte[full.shape().bytes()];
        try (DataOutputStream out = open(folder.resolve(half + "-images-idx3-ubyte.gz"))) {
            for (int value : new int[] {
                0x0803, chosen.length, full.shape().height(), full.shape().width()
            }) {
                out.writeInt(value);
            }
            for (int i : chosen) {
                full.image(i, image, 0);
                out.write(image);
            }
        }
        try (DataOutputStream out = open(folder.resolve(half + "-labels-idx1-ubyte.gz"))) {
            out.writeInt(0x0801);
            out.writeInt(chosen.length);
            for (int i : chosen) {
                out.writeByte(full.label(i));
            }
        }
    }

    private static DataOutputStream open(Path file) throws IOException {
        OutputStream raw = Files.newOutputStream(file);
        return new DataOutputStream(new GZIPOutputStream(raw, 1 << 16) {
            {
                def.setLevel(Deflater.BEST_COMPRESSION);
            }
        });
    }
}
