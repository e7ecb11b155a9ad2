package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleTest {
    private static final int IMAGES = 1000;

    /** Sorted by class, as a folder of images is; image i has the pixel i / 4. */
    private static final Dataset SORTED = new Dataset() {
        @Override
        public DatasetInfo info() {
            return DatasetInfo.of("sorted", new ImageShape(1, 1, 1, 10));
        }

        @Override
        public int size() {
            return IMAGES;
        }

        @Override
        public int label(int index) {
            return index / 100;
        }

        @Override
        public void image(int index, byte[] dst, int offset) {
            dst[offset] = (byte) (index / 4);
        }

        @Override
        public String checksum() {
            return "none";
        }
    };

    @Test
    void everyClassOfASortedDataSetIsDrawn() {
        Dataset sample = Datasets.sample(SORTED, 100, 3);
        assertEquals(100, sample.size());
        Set<Integer> labels = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            labels.add(sample.label(i));
            byte[] pixel = new byte[2];
            sample.image(i, pixel, 1);
            assertEquals(sample.label(i), (pixel[1] & 0xff) * 4 / 100, "image and label belong together");
        }
        assertEquals(10, labels.size());
    }

    @Test
    void theSeedFixesWhich() {
        assertEquals(
                Datasets.sample(SORTED, 50, 1).checksum(),
                Datasets.sample(SORTED, 50, 1).checksum());
        assertNotEquals(
                Datasets.sample(SORTED, 50, 1).checksum(),
                Datasets.sample(SORTED, 50, 2).checksum());
        Dataset most = Datasets.sample(SORTED, IMAGES - 1, 5);
        int[] ofClass = new int[10];
        for (int i = 0; i < most.size(); i++) ofClass[most.label(i)]++;
        for (int count : ofClass) assertTrue(count >= 99 && count <= 100, "each image at most once");
    }

    @Test
    void allAreTheDataSetItself() {
        assertSame(SORTED, Datasets.sample(SORTED, IMAGES, 0));
        assertThrows(IllegalArgumentException.class, () -> Datasets.sample(SORTED, 0, 0));
    }
}
