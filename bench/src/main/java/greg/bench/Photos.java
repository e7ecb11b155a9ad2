package greg.bench;

import greg.datasets.random.SplitMix;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * Writes an image folder of JPEG files that cost as much to decode as photographs: noise of all scales, as textures have, of
 * ImageNet's usual size 500x375 and about its usual length of 110 KB, chroma halved in both directions.
 *
 * <pre>java -cp bench/target/benchmarks.jar greg.bench.Photos DIR TRAIN TEST CLASSES</pre>
 */
public final class Photos {
    private static final int WIDTH = 500;
    private static final int HEIGHT = 375;
    private static final int COARSEST = 128;
    private static final float QUALITY = 0.95f;

    private Photos() {}

    /** Arguments: a folder, how many files for training and for testing, and classes. */
    public static void main(String[] args) throws IOException {
        if (args.length != 4) {
            System.err.println("usage: Photos DIR TRAIN TEST CLASSES, as in Photos /tmp/photos 2000 100 10");
            System.exit(2);
        }
        write(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    }

    /** Writes {@code train} and {@code val}, the same bytes each time. */
    static void write(Path folder, int train, int test, int classes) throws IOException {
        for (int c = 0; c < classes; c++) {
            for (String half : new String[] {"train", "val"}) {
                Files.createDirectories(folder.resolve(half).resolve("class" + c));
            }
        }
        IntStream.range(0, train + test).parallel().forEach(i -> {
            Path half = folder.resolve(i < train ? "train" : "val");
            jpeg(half.resolve("class" + i % classes).resolve("photo" + i + ".jpg"), texture(i));
        });
    }

    /** Octaves of smoothed noise, each half as high as the one of twice its wavelength; another mixture for each channel. */
    private static BufferedImage texture(int number) {
        SplitMix random = SplitMix.of(0, "photos", number);
        float[][] planes = new float[3][HEIGHT * WIDTH];
        for (float[] plane : planes) octaves(plane, random);
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        for (int y = 0, i = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++, i++) {
                // colours of photographs are close to grey: the first plane is the light, the others tint it
                float light = 128 + planes[0][i];
                int red = clamp(light + 0.3f * planes[1][i]);
                int green = clamp(light);
                int blue = clamp(light + 0.3f * planes[2][i]);
                image.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        return image;
    }

    private static void octaves(float[] plane, SplitMix random) {
        for (int step = COARSEST; step >= 1; step /= 2) {
            int across = WIDTH / step + 2;
            float[] grid = new float[across * (HEIGHT / step + 2)];
            float height = 10 * (float) Math.sqrt(step);
            for (int i = 0; i < grid.length; i++) grid[i] = height * (float) (2 * random.unit() - 1);
            for (int y = 0, i = 0; y < HEIGHT; y++) {
                float down = (float) (y % step) / step;
                for (int x = 0; x < WIDTH; x++, i++) {
                    float right = (float) (x % step) / step;
                    int at = y / step * across + x / step;
                    float above = grid[at] + right * (grid[at + 1] - grid[at]);
                    float below = grid[at + across] + right * (grid[at + across + 1] - grid[at + across]);
                    plane[i] += above + down * (below - above);
                }
            }
        }
    }

    private static int clamp(float value) {
        return Math.max(0, Math.min(255, Math.round(value)));
    }

    private static void jpeg(Path file, BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
    }
}
