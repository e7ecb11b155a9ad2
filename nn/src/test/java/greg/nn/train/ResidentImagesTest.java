package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.datasets.Dataset;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that lie on the device and images that are sent to it are the same, from wherever training starts. */
class ResidentImagesTest {
    private static final Dataset DATA =
            Synthetic.split(11, 4, new ImageShape(3, 5, 6, 4), 1).train();
    private static final int BATCH = 4;
    private static final int STEPS = 8;

    /** What a network would see: the images, then the labels. */
    private static List<float[]> feed(Backend backend, InputSource source, int steps) {
        List<float[]> seen = new ArrayList<>();
        try (source) {
            for (int i = 0; i < steps; i++) {
                try (Scope scope = Scope.open()) {
                    InputSource.Input input = source.next();
                    seen.add(input.images().toHost());
                    int[] labels = new int[input.labels().shape().dim(0)];
                    backend.transfer().download(input.labels().storage(), labels);
                    float[] floats = new float[labels.length];
                    for (int k = 0; k < labels.length; k++) floats[k] = labels[k];
                    seen.add(floats);
                }
            }
        }
        return seen;
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void areTheImagesThatWouldBeSent(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (Augmentation augmentation : new Augmentation[] {Augmentation.NONE, Augmentation.CROP}) {
            for (int from = 0; from < 4; from++) {
                Feeder feeder = augmentation.feeder(backend, DATA, DATA.normalization(), 7);
                List<float[]> sent = feed(
                        backend,
                        new StreamedImages(backend, augmentation.batches(DATA, BATCH, 7), feeder, from),
                        STEPS - from);
                List<float[]> lying =
                        feed(backend, new ResidentImages(backend, DATA, BATCH, 7, feeder, from), STEPS - from);
                assertEquals(sent.size(), lying.size());
                for (int i = 0; i < sent.size(); i++) {
                    assertArrayEquals(sent.get(i), lying.get(i), 0, augmentation + " from " + from + ": " + i);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void leaveNothingBehind(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Feeder feeder = Augmentation.CROP.feeder(backend, DATA, DATA.normalization(), 7);
        feed(backend, new ResidentImages(backend, DATA, BATCH, 7, feeder, 0), STEPS);
        long live = backend.memory().liveBytes();
        feed(backend, new ResidentImages(backend, DATA, BATCH, 7, feeder, 0), STEPS);
        feed(backend, new StreamedImages(backend, Augmentation.CROP.batches(DATA, BATCH, 7), feeder, 0), STEPS);
        assertEquals(live, backend.memory().liveBytes());
        assertEquals(kind.equals("cuda"), ResidentImages.fits(DATA, backend), "a host's memory needs no second copy");
    }
}
