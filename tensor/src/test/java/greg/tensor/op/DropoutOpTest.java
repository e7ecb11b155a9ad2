package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Dropout multiplies by a mask of 0 and 1/(1 - rate); the mask shows itself on an input of ones. */
class DropoutOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    private static float[] mask(Backend backend, Shape shape, float rate, long seed, long step) {
        try (Scope scope = Scope.open()) {
            return DropoutOp.apply(scope.own(Tensor.full(backend, shape, 1)), rate, seed, step)
                    .toHost();
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void valuesAndGradientsMeetTheSameMask(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape shape = Shape.of(3, 7);
        float[] mask = mask(backend, shape, 0.5f, 11, 2);
        float[] y = Patterns.values(7, 23, shape);
        float[] dx = Patterns.projection(shape);
        for (int i = 0; i < mask.length; i++) {
            y[i] *= mask[i];
            dx[i] *= mask[i];
        }
        try (Tensor x = Patterns.parameter(backend, 7, 23, 3, 7)) {
            GradCheck.run(() -> DropoutOp.apply(x, 0.5f, 11, 2), x).expect(0, 0, shape, y, dx);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void theShareOfZerosIsTheRateAndTheMeanStays(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape shape = Shape.of(100, 400);
        for (float rate : new float[] {0, 0.2f, 0.5f, 0.9f}) {
            float[] mask = mask(backend, shape, rate, 5, 1);
            float kept = (float) (1 / (1 - (double) rate));
            int zeros = 0;
            for (float m : mask) {
                if (m == 0) zeros++;
                else assertEquals(kept, m);
            }
            // six standard deviations of a binomial of 40000
            double slack = 6 * Math.sqrt(rate * (1 - rate) / mask.length);
            assertEquals(rate, zeros / (double) mask.length, slack + 1e-12, "share of zeros at rate " + rate);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void theSeedDecidesAndAllBackendsAgree(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape images = Shape.of(2, 17, 5, 3);
        float[] mask = mask(backend, images, 0.5f, 1L << 40, 3);
        assertArrayEquals(mask(BackendsUnderTest.reference(), images, 0.5f, 1L << 40, 3), mask);
        assertEquals(false, Arrays.equals(mask, mask(backend, images, 0.5f, 1, 3)), "another seed, another mask");
        assertEquals(false, Arrays.equals(mask, mask(backend, images, 0.5f, 1L << 40, 4)), "another step");
    }

    @Test
    void refusesRatesThatLeaveNothing() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.constant(backend, 7, 23, 3, 3)) {
            for (float rate : new float[] {1, -0.1f, Float.NaN}) {
                assertEquals(
                        "dropout: expected a rate in [0, 1), got " + rate,
                        assertThrows(IllegalArgumentException.class, () -> DropoutOp.apply(x, rate, 1, 1))
                                .getMessage());
            }
        }
    }
}
