package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.Batches;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.tensor.Scope;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever the images come from, a step's input depends on the number of the iteration alone. */
class TrainDataTest {
    private static final Shape IMAGE = Shape.of(1, 1, 1, 2);
    private static final int COUNT = 7;
    private static final int BATCH = 3;

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private final float[] images = new float[2 * COUNT];
    private final int[] labels = IntStream.range(0, COUNT).toArray();

    TrainDataTest() {
        for (int i = 0; i < images.length; i++) images[i] = i;
    }

    @AfterEach
    void close() {
        backend.close();
    }

    /** What a step is given. */
    private record Fed(List<Float> images, Shape shape) {}

    private List<Fed> feed(TrainData data, long from, int steps) {
        List<Fed> fed = new ArrayList<>();
        try (InputSource source = data.open(backend, from)) {
            for (int i = 0; i < steps; i++) {
                try (Scope scope = Scope.open()) {
                    InputSource.Input input = source.next();
                    List<Float> values = new ArrayList<>();
                    for (float v : input.images().toHost()) values.add(v);
                    fed.add(new Fed(values, input.images().shape()));
                    int[] got = new int[input.labels().shape().dim(0)];
                    backend.transfer().download(input.labels().storage(), got);
                    assertEquals(input.images().shape().dim(0), got.length, "labels");
                }
            }
        }
        return fed;
    }

    @Test
    void arraysAreShuffledAnewInEachEpochAndEveryImageComesOnce() {
        TrainData data = TrainData.of(images, IMAGE, labels, BATCH);
        assertEquals(3, data.stepsPerEpoch());
        assertEquals(COUNT, data.imagesPerEpoch());
        List<Fed> fed = feed(data, 0, 6);
        assertEquals(Shape.of(1, 1, 1, 2), fed.get(2).shape(), "the last batch of an epoch is short");
        for (int epoch = 0; epoch < 2; epoch++) {
            int[] order = Batches.permutation(COUNT, 0, epoch);
            List<Float> expected = new ArrayList<>();
            for (int i : order) expected.addAll(List.of(2f * i, 2f * i + 1));
            List<Float> got = new ArrayList<>();
            fed.subList(3 * epoch, 3 * epoch + 3).forEach(f -> got.addAll(f.images()));
            assertEquals(expected, got, "epoch " + epoch);
        }
        assertFalse(fed.get(0).equals(fed.get(3)), "the second epoch has another order");
    }

    private TrainData iterated() {
        return TrainData.of(3, epoch -> IntStream.range(0, 3)
                .mapToObj(i -> new HostBatch(new float[] {i, epoch + 0.5f}, Shape.of(1, 1, 1, 2), new int[] {i}))
                .iterator());
    }

    @Test
    void everyKindResumesAtAnyIteration() {
        var split = Synthetic.split(10, 4, new ImageShape(3, 8, 8, 4), 1);
        for (TrainData data :
                List.of(TrainData.of(images, IMAGE, labels, BATCH), iterated(), TrainData.of(split.train(), 4))) {
            List<Fed> whole = feed(data, 0, 8);
            for (int from = 1; from < 8; from++) {
                assertEquals(whole.subList(from, 8), feed(data, from, 8 - from), data.getClass() + " from " + from);
            }
        }
    }

    @Test
    void iteratorsAreAskedForOncePerEpochAndMayNotEndEarly() {
        List<Fed> fed = feed(iterated(), 0, 6);
        for (int i = 0; i < 6; i++) {
            assertEquals(List.of(i % 3f, i / 3 + 0.5f), fed.get(i).images(), "step " + i + ": batch and epoch");
        }
        assertEquals(3, iterated().imagesPerEpoch());
        TrainData shorter =
                TrainData.of(4, epoch -> List.of(new HostBatch(new float[2], Shape.of(1, 1, 1, 2), new int[1]))
                        .iterator());
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> feed(shorter, 0, 2));
        assertTrue(e.getMessage().contains("expected 4 batches from an iterator, it ended after 1"), e.getMessage());
    }

    @Test
    void bytesAreNormalisedAndKeptInTheOrderOfChannels() {
        byte[] pixels = {0, (byte) 255, 51, 102, (byte) 204, (byte) 153}; // one image, 1 row of 3 pixels, 2 channels
        TrainData data = TrainData.of(pixels, new ImageShape(2, 1, 3, 4), new int[] {3}, 1);
        Fed fed = feed(data, 0, 1).get(0);
        assertEquals(Shape.of(1, 2, 1, 3), fed.shape());
        float[] expected = {-1, -0.6f, 0.6f, 1, -0.2f, 0.2f}; // first channel, then second; (x / 255 - 0.5) / 0.5
        for (int i = 0; i < expected.length; i++)
            assertEquals(expected[i], fed.images().get(i), 1e-6f);
    }

    @Test
    void wrongLengthsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> TrainData.of(images, IMAGE, new int[3], BATCH));
        assertThrows(IllegalArgumentException.class, () -> TrainData.of(images, Shape.of(2), labels, BATCH));
        assertThrows(IllegalArgumentException.class, () -> TrainData.of(images, IMAGE, labels, 0));
        int[] negative = labels.clone();
        negative[1] = -1;
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> TrainData.of(images, IMAGE, negative, BATCH));
        assertTrue(e.getMessage().contains("got -1 for image 1"), e.getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> new HostBatch(new float[3], Shape.of(1, 1, 1, 2), new int[1]));
    }

    @Test
    void arraysAreNotChanged() {
        float[] before = Arrays.copyOf(images, images.length);
        feed(TrainData.of(images, IMAGE, labels, BATCH), 0, 3);
        assertArrayEquals(before, images);
    }
}
