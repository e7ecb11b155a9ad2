package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyntheticTest {

    private static byte[] image(Dataset data, int index) {
        byte[] image = new byte[data.shape().bytes()];
        data.image(index, image, 0);
        return image;
    }

    /** The mean image of each class, computed from the training half, classifies the test half. */
    @ParameterizedTest
    @CsvSource({"10, 3, 32, 32", "4, 1, 9, 7", "20, 2, 16, 24"})
    void classesCanBeLearnt(int classes, int channels, int height, int width) {
        DataSplit split = Synthetic.split(40 * classes, 200, new ImageShape(channels, height, width, classes), 11);
        Dataset train = split.train();
        double[][] mean = new double[classes][train.shape().bytes()];
        for (int i = 0; i < train.size(); i++) {
            byte[] image = image(train, i);
            for (int p = 0; p < image.length; p++) {
                mean[train.label(i)][p] += (image[p] & 0xFF) / 40.0;
            }
        }
        int correct = 0;
        for (int i = 0; i < split.test().size(); i++) {
            byte[] image = image(split.test(), i);
            int best = 0;
            double least = Double.MAX_VALUE;
            for (int c = 0; c < classes; c++) {
                double distance = 0;
                for (int p = 0; p < image.length; p++) {
                    double d = (image[p] & 0xFF) - mean[c][p];
                    distance += d * d;
                }
                if (distance < least) {
                    least = distance;
                    best = c;
                }
            }
            correct += best == split.test().label(i) ? 1 : 0;
        }
        assertTrue(correct >= 190, "correct: " + correct + " of 200");
    }

    @Test
    void theSeedFixesAllAndNothingElseRepeats() {
        DataSplit a = Synthetic.split(20, 20, new ImageShape(3, 8, 8, 4), 5);
        DataSplit b = Synthetic.split(20, 20, new ImageShape(3, 8, 8, 4), 5);
        DataSplit c = Synthetic.split(20, 20, new ImageShape(3, 8, 8, 4), 6);
        assertArrayEquals(image(a.train(), 7), image(b.train(), 7));
        assertEquals(a.train().checksum(), b.train().checksum());
        assertFalse(Arrays.equals(image(a.train(), 7), image(c.train(), 7)));
        assertFalse(Arrays.equals(image(a.train(), 7), image(a.test(), 7)), "the halves share noise");
        assertFalse(Arrays.equals(image(a.train(), 3), image(a.train(), 7)), "images of a class share noise");
        assertNotEquals(a.train().checksum(), c.train().checksum());
        assertNotEquals(a.train().checksum(), a.test().checksum());
        assertEquals(3, a.train().label(7));
    }

    @Test
    void badSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Synthetic.split(1, 1, new ImageShape(3, 8, 8, 0), 0));
        assertThrows(IllegalArgumentException.class, () -> Synthetic.split(-1, 1, new ImageShape(3, 8, 8, 2), 0));
        assertThrows(
                IllegalArgumentException.class, () -> Synthetic.split(1, 1, new ImageShape(3, 1 << 16, 1 << 16, 2), 0));
        Dataset data = Synthetic.split(3, 3, new ImageShape(1, 4, 4, 2), 0).train();
        assertThrows(IndexOutOfBoundsException.class, () -> data.image(3, new byte[16], 0));
        assertThrows(IndexOutOfBoundsException.class, () -> data.image(0, new byte[16], 1));
    }
}
