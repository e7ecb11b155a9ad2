package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FashionMiniTest {

    private static final DataSplit MINI = FashionMini.load();

    @Test
    void hasTheAnnouncedShapeAndBalance() {
        for (Dataset half : new Dataset[] {MINI.train(), MINI.test()}) {
            int perClass = half == MINI.train() ? 1000 : 200;
            assertEquals(10 * perClass, half.size());
            assertEquals(new ImageShape(1, 28, 28, 10), half.shape());
            int[] count = new int[10];
            for (int i = 0; i < half.size(); i++) {
                count[half.label(i)]++;
            }
            for (int c : count) {
                assertEquals(perClass, c);
            }
        }
        assertEquals("Ankle boot", MINI.train().classNames().get(9));
        assertEquals(Normalization.FASHION_MNIST, MINI.train().normalization());
    }

    /** A subset must contain all classes, so neighbouring images must not all be of one class. */
    @Test
    void classesAreMixed() {
        boolean[] seen = new boolean[10];
        for (int i = 0; i < 100; i++) {
            seen[MINI.test().label(i)] = true;
        }
        for (boolean s : seen) {
            assertTrue(s);
        }
    }

    @Test
    void contentIsTheCommittedOne() {
        assertEquals(
                "sha256:5197d60f741d60d8612eb280e779f49818db2b9179d3bc56e56d945bac2b1f65",
                MINI.train().checksum());
        assertEquals(
                "sha256:c3522ea8fcf036fc13290da03d274510ef6c9d7b991d14892bde2cc1075e9c39",
                MINI.test().checksum());
    }

    @Test
    void theLicenceNoticeIsBesideTheFiles() throws Exception {
        try (var in = FashionMini.class.getResourceAsStream("fashion-mini/NOTICE.txt")) {
            String notice = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertTrue(notice.contains("Copyright (c) 2017 Zalando SE, https://tech.zalando.com"));
        }
    }

    /** Where the whole data set is installed, the subset is what the builder draws from it. */
    @Test
    void isWhatTheBuilderDraws() {
        Path folder = Path.of("/usr/share/datasets/fashion-mnist");
        assumeTrue(Files.isDirectory(folder), "Debian's dataset-fashion-mnist is not installed");
        DataSplit full = Idx.fashionMnist(List.of(folder));
        assertDrawn(full.train(), 1000, 0, MINI.train());
        assertDrawn(full.test(), 200, 1, MINI.test());
    }

    private static void assertDrawn(Dataset full, int perClass, long stream, Dataset mini) {
        int[] chosen = FashionMiniBuilder.choose(full, perClass, stream);
        assertEquals(chosen.length, mini.size());
        byte[] a = new byte[mini.shape().bytes()];
        byte[] b = new byte[mini.shape().bytes()];
        for (int i = 0; i < chosen.length; i++) {
            assertEquals(full.label(chosen[i]), mini.label(i));
            full.image(chosen[i], a, 0);
            mini.image(i, b, 0);
            assertTrue(java.util.Arrays.equals(a, b), "image " + i);
        }
    }
}
