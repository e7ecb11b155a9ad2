package greg.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetsTest {

    @TempDir
    Path empty;

    @Test
    void theDefaultAndTheSyntheticNeedNoFolder() {
        assertEquals(10_000, Datasets.open(Datasets.DEFAULT, null).train().size());
        assertEquals(32, Datasets.open("synthetic", null).train().shape().height());
        assertEquals(20, Datasets.open("synthetic", null, 20).test().shape().width());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fashion-mnist", "mnist", "cifar10", "cifar100", "imagefolder", "tiny-imagenet", "imagenet"})
    void missingDataNamesTheFolder(String name) {
        assertTrue(Datasets.names().contains(name));
        DatasetException e = assertThrows(DatasetException.class, () -> Datasets.open(name, empty));
        assertTrue(e.getMessage().startsWith(name + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(empty.toString()), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cifar-10", "fashion", "minst", "ImageNet", "syntetic"})
    void anUnknownNameIsAnsweredWithTheKnownOnes(String name) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Datasets.open(name, null));
        assertTrue(e.getMessage().startsWith("unknown data set '" + name + "'; known are "), e.getMessage());
        for (String known : Datasets.names()) {
            assertTrue(e.getMessage().contains(known));
        }
    }

    @Test
    void anImageSizeThatCannotBeHadIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Datasets.open("fashion-mini", null, 32));
        assertThrows(IllegalArgumentException.class, () -> Datasets.open("synthetic", null, -1));
        assertEquals(28, Datasets.open("fashion-mini", null, 28).train().shape().height());
    }

    @Test
    void aSubsetIsAWindow() {
        ArrayDataset base = TestData.numbered(20, 3);
        Dataset part = Datasets.subset(base, 5, 10);
        assertEquals(10, part.size());
        byte[] a = new byte[base.shape().bytes()];
        byte[] b = new byte[base.shape().bytes()];
        for (int i = 0; i < 10; i++) {
            assertEquals(base.label(5 + i), part.label(i));
            base.image(5 + i, a, 0);
            part.image(i, b, 0);
            assertArrayEquals(a, b);
        }
        assertThrows(IndexOutOfBoundsException.class, () -> part.label(10));
        assertThrows(IndexOutOfBoundsException.class, () -> part.image(-1, a, 0));
        assertThrows(IllegalArgumentException.class, () -> Datasets.subset(base, 15, 6));
        assertThrows(IllegalArgumentException.class, () -> Datasets.subset(base, -1, 6));
        assertEquals(base.checksum(), Datasets.subset(base, 0, 20).checksum());
        assertNotEquals(base.checksum(), part.checksum());
    }

    @Test
    void halvesMustAgree() {
        ArrayDataset three = TestData.numbered(6, 3);
        ArrayDataset four = TestData.numbered(8, 4);
        assertThrows(DatasetException.class, () -> new DataSplit(three, four));
        Dataset other = Synthetic.split(3, 3, new ImageShape(2, 2, 3, 3), 0).train();
        DatasetException e = assertThrows(DatasetException.class, () -> new DataSplit(three, other));
        assertTrue(e.getMessage().contains("same classes"), e.getMessage());
    }

    @Test
    void anArrayDataSetChecksItsArrays() {
        DatasetInfo info = DatasetInfo.of("d", new ImageShape(1, 2, 2, 2));
        assertThrows(DatasetException.class, () -> new ArrayDataset(info, new byte[7], new int[2]));
        assertThrows(DatasetException.class, () -> new ArrayDataset(info, new byte[4], new int[] {2}));
        assertThrows(DatasetException.class, () -> new ArrayDataset(info, new byte[4], new int[] {-1}));
    }

    @Test
    void anInfoAgreesWithItself() {
        ImageShape shape = new ImageShape(3, 2, 5, 2);
        assertEquals(30, shape.bytes());
        assertEquals("2 classes of 2x5x3 images", shape.toString());
        DatasetInfo info = DatasetInfo.of("d", shape);
        assertEquals(List.of("class0", "class1"), info.classNames());
        assertEquals(Normalization.centred(3), info.normalization());
        assertEquals("e", info.named("e").name());
        List<String> three = List.of("a", "b", "c");
        assertThrows(IllegalArgumentException.class, () -> new DatasetInfo("d", shape, three, info.normalization()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new DatasetInfo("d", shape, info.classNames(), Normalization.MNIST));
        assertThrows(IllegalArgumentException.class, () -> new ImageShape(3, 0, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> new ImageShape(3, 2, 2, 0));
        assertThrows(IllegalArgumentException.class, () -> new ImageShape(2, 1 << 16, 1 << 15, 2));
    }

    /** The shape of a data set without its files agrees with its files: here for those that need none. */
    @Test
    void shapesAreKnownWithoutFiles() {
        for (String name : new String[] {Datasets.DEFAULT, "synthetic"}) {
            assertEquals(Datasets.open(name, null).train().shape(), Datasets.shape(name));
        }
        assertEquals(new ImageShape(3, 224, 224, 1000), Datasets.shape("imagenet"));
        List<String> shaped = new ArrayList<>(Datasets.names());
        shaped.remove("imagefolder");
        assertEquals(shaped, Datasets.shaped());
        for (String name : shaped)
            assertEquals(Datasets.shape(name).height(), Datasets.shape(name).width());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Datasets.shape("imagefolder"))
                .getMessage()
                .contains("any size"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Datasets.shape("cifar-10"))
                .getMessage()
                .contains("unknown data set 'cifar-10'"));
    }

    @Test
    void normalizationsAreCheckedAndCopied() {
        float[] mean = {0.5f};
        Normalization n = Normalization.of(mean, new float[] {0.25f});
        mean[0] = 9;
        assertEquals(0.5f, n.mean()[0]);
        assertEquals(n, Normalization.of(new float[] {0.5f}, new float[] {0.25f}));
        assertThrows(IllegalArgumentException.class, () -> Normalization.of(new float[1], new float[1]));
        assertThrows(IllegalArgumentException.class, () -> Normalization.of(new float[1], new float[] {1, 1}));
        assertThrows(IllegalArgumentException.class, () -> Normalization.of(new float[] {Float.NaN}, new float[] {1}));
    }
}
