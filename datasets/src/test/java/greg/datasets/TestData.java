package greg.datasets;

import greg.datasets.jpeg.TurboJpeg;
import greg.datasets.random.SplitMix;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.stream.ImageOutputStream;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

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
        return watched(base, 1, index -> {
            if (index == at) action.run();
        });
    }

    /** The same data set, worth that many threads; {@code action} is given the index of each image before it is read. */
    static Dataset watched(Dataset base, int workers, IntConsumer action) {
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
                action.accept(index);
                base.image(index, dst, offset);
            }

            @Override
            public int workers() {
                return workers;
            }

            @Override
            public String checksum() {
                return base.checksum();
            }
        };
    }

    /**
     * A JPEG file with its own quantization, of noise that gives coefficients of all sizes.
     *
     * @param sampling horizontal and vertical factors of Y, Cb and Cr; two numbers for a grey image
     */
    static byte[] jpeg(int height, int width, float quality, boolean progressive, int... sampling) throws IOException {
        boolean grey = sampling.length == 2;
        BufferedImage image =
                new BufferedImage(width, height, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        SplitMix random = SplitMix.of(0, "jpeg", height, width);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int light = (int) (127 + 90 * Math.sin(x / 7.0 + y / 5.0));
                int rgb = 0;
                for (int c = 0; c < 3; c++) rgb = rgb << 8 | Math.min(255, light + random.below(60));
                image.setRGB(x, y, rgb);
            }
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality);
            if (progressive) param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), param);
            Element tree = (Element) metadata.getAsTree("javax_imageio_jpeg_image_1.0");
            NodeList components = tree.getElementsByTagName("componentSpec");
            for (int c = 0; c < components.getLength(); c++) {
                Element component = (Element) components.item(c);
                component.setAttribute("HsamplingFactor", Integer.toString(sampling[2 * c]));
                component.setAttribute("VsamplingFactor", Integer.toString(sampling[2 * c + 1]));
            }
            metadata.setFromTree("javax_imageio_jpeg_image_1.0", tree);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, metadata), param);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** Whether libjpeg-turbo is used, in the ways that this machine can. */
    static List<Boolean> turbo() {
        return TurboJpeg.isThere() ? List.of(false, true) : List.of(false);
    }

    /** The whole image at its own size. */
    static ImageDecoder.Pixels decode(Path file, boolean turbo) {
        return ImageDecoder.decode(file, new ImageDecoder.Request(null, ImageDecoder.FULL_SIZE, turbo));
    }
}
