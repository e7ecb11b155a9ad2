package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TwoWeightsTest {
    private final TwoWeights coupled = TwoWeights.EXAMPLES.get("strongly coupled");

    /** Equation 5 multiplied out by Cramer's rule. */
    @Test
    void equilibrium() {
        for (TwoWeights loss : TwoWeights.EXAMPLES.values()) {
            for (double lambda : new double[] {0, 1e-3, 0.5, 20}) {
                double determinant = (loss.h11() + lambda) * (loss.h22() + lambda) - loss.h12() * loss.h12();
                double common = loss.h11() * loss.h22() - loss.h12() * loss.h12();
                double first = (common + loss.h11() * lambda) * loss.w1() + lambda * loss.h12() * loss.w2();
                double second = (common + loss.h22() * lambda) * loss.w2() + lambda * loss.h12() * loss.w1();
                double[] expected = {first / determinant, second / determinant};
                assertArrayEquals(expected, loss.equilibrium(lambda), 1e-12);
            }
        }
    }

    /** Equation 4: no force is left. */
    @Test
    void descentComesToRestWhereTheForcesCancel() {
        List<double[]> path = coupled.descend(0.1, 0.05, 2000, 10);
        assertArrayEquals(new double[] {1, 2}, path.get(0));
        for (int update = 1; update <= 10; update++) {
            double lambda = 0.05 * update;
            double[] w = path.get(update);
            double pull1 = coupled.h11() * (w[0] - 1) + coupled.h12() * (w[1] - 2) + lambda * w[0];
            double pull2 = coupled.h12() * (w[0] - 1) + coupled.h22() * (w[1] - 2) + lambda * w[1];
            assertEquals(0, pull1, 1e-9);
            assertEquals(0, pull2, 1e-9);
            assertArrayEquals(coupled.equilibrium(lambda), w, 1e-8);
        }
    }

    @Test
    void allEquationsAgreeWhereTheHessianIsDiagonal() {
        TwoWeights diagonal = TwoWeights.EXAMPLES.get("diagonal Hessian");
        double[] expected = {TwoWeights.diagonalRatio(1, 0.3), TwoWeights.diagonalRatio(0.1, 0.3)};
        assertEquals(0.25, expected[1], 1e-12);
        assertArrayEquals(expected, diagonal.ratios(0.3), 1e-12);
        assertArrayEquals(expected, diagonal.approximateRatios(0.3), 1e-12);
    }

    /** What page 3a says of the examples. */
    @Test
    void equationsSevenAndEightNameTheWrongWeightWhereTheCouplingIsStrong() {
        double[] weak = TwoWeights.EXAMPLES.get("weakly coupled").ratios(0.5);
        double[] weakApproximate = TwoWeights.EXAMPLES.get("weakly coupled").approximateRatios(0.5);
        assertTrue(weak[0] > weak[1] && weakApproximate[0] > weakApproximate[1]);
        assertTrue(coupled.h11() > coupled.h22());
        assertTrue(coupled.ratios(0.5)[0] < coupled.ratios(0.5)[1]);
        assertTrue(coupled.approximateRatios(0.5)[0] > coupled.approximateRatios(0.5)[1]);
    }

    /** The condition of page 3a for equations 7 and 8 to have the right order, where the coupling is small (exercise 4). */
    @Test
    void theOrderOfEquationsSevenAndEightDependsOnTheWeightsToo() {
        for (double w2 : new double[] {1, 2, 5, 10, 20, 50}) {
            TwoWeights loss = new TwoWeights(1, -0.05, 0.5, 1, w2);
            boolean right = 0.05 * (w2 - 1 / w2) < 0.5;
            for (double lambda : new double[] {0.01, 0.1, 0.5}) {
                assertTrue(loss.approximateRatios(lambda)[0] > loss.approximateRatios(lambda)[1]);
                assertEquals(right, loss.ratios(lambda)[0] > loss.ratios(lambda)[1], "w2 = " + w2);
            }
        }
    }

    @Test
    void aLossWithoutAMinimumIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new TwoWeights(1, 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new TwoWeights(-1, 0, -1, 1, 1));
    }
}
