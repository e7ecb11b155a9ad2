package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.datasets.Batch;
import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.tensor.Scope;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FeederTest {
    private static final int SIDE = 6;
    private static final Dataset DATA =
            Synthetic.split(32, 4, new ImageShape(3, SIDE, SIDE, 4), 1).train();

    private static float[] feed(Feeder feeder, Batch batch, long counter) {
        try (Scope scope = Scope.open()) {
            return feeder.images(batch, counter).toHost();
        }
    }

    private static float[] mirrored(float[] image) {
        float[] mirror = new float[image.length];
        for (int i = 0; i < image.length; i++) mirror[i] = image[i - i % SIDE + SIDE - 1 - i % SIDE];
        return mirror;
    }

    /** A sample is the plain one or its mirror image, about as often, the same again for the same counter. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void flippingFlipsAndDoesNotCrop(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Batches batches = new Batches(DATA, DATA.size(), false, 0, false, 0)) {
            Batch batch = batches.epoch(0).next();
            float[] plain = feed(Feeder.plain(backend, DATA, DATA.normalization()), batch, 0);
            Feeder flipping = Feeder.flipping(backend, DATA, DATA.normalization(), 7);
            float[] x = feed(flipping, batch, 100);
            assertEquals(plain.length, x.length);
            int flips = 0;
            int image = 3 * SIDE * SIDE;
            for (int n = 0; n < DATA.size(); n++) {
                float[] expected = Arrays.copyOfRange(plain, n * image, (n + 1) * image);
                float[] found = Arrays.copyOfRange(x, n * image, (n + 1) * image);
                if (!Arrays.equals(expected, found)) {
                    assertArrayEquals(mirrored(expected), found, 0f, "sample " + n);
                    flips++;
                }
            }
            // binomial(32, 1/2): mean 16, sigma 2.8
            assertEquals(16, flips, 9.0);
            assertArrayEquals(x, feed(flipping, batch, 100), 0f);
        }
    }
}
