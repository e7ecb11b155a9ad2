package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchNormShrinkingTest {
    @Test
    void theOutputStaysAndTheGradientGrowsUntilTheVarianceIsNearEps() {
        List<BatchNormShrinking.Point> points;
        try (Backend backend = Backends.open("reference", BackendOptions.standard())) {
            points = BatchNormShrinking.measure(backend, new double[] {1, 0.25, 1e-5}, 1);
        }
        BatchNormShrinking.Point whole = points.get(0);
        BatchNormShrinking.Point quarter = points.get(1);
        assertEquals(1, quarter.output() / whole.output(), 0.01, "the factor cancels");
        assertEquals(4, quarter.gradient() / whole.gradient(), 0.05, "1/s");
        assertTrue(points.get(2).output() < 0.01, "it fades in the end: " + points.get(2));
        for (BatchNormShrinking.Point p : points) assertEquals(p.expected(), p.output(), 1e-3 * p.expected());
    }
}
