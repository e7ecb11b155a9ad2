package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of batch normalization in evaluation mode, with respect to everything that may require one. */
class BatchNormInferenceTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final Shape SHAPE = Shape.of(3, 2, 2, 3);
    private static final float[] GAMMA = {1.5f, -0.75f};
    private static final float[] BETA = {0.25f, -0.5f};
    private static final float[] MEAN = {0.5f, -1};
    private static final float[] VAR = {4, 0.25f};
    private static final float EPS = 1e-5f;

    /** Values of x such that |BN(x)| is 1/4 or more, so that steps of 1/50 do not cross the ReLU's kink. */
    private static float[] offTheKink() {
        float[] x = Patterns.values(7, 37, SHAPE);
        for (int i = 0; i < x.length; i++) {
            int c = i / 6 % 2;
            double slope = GAMMA[c] / Math.sqrt(VAR[c] + EPS);
            double z = slope * (x[i] - MEAN[c]) + BETA[c];
            double target = z < 0 ? z - 0.25 : z + 0.25;
            x[i] = (float) (MEAN[c] + (target - BETA[c]) / slope);
        }
        return x;
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void theRuleAgreesWithFiniteDifferencesAndLeaksNothing(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape channels = Shape.of(2);
        try (Tensor x = Tensor.parameter(backend, SHAPE, offTheKink());
                Tensor zero = Tensor.parameter(backend, SHAPE, new float[36]);
                Tensor gamma = Tensor.parameter(backend, channels, GAMMA);
                Tensor beta = Tensor.parameter(backend, channels, BETA);
                Tensor mean = Tensor.of(backend, channels, MEAN);
                Tensor var = Tensor.of(backend, channels, VAR)) {
            for (Fusion fusion : Fusion.values()) {
                boolean adds = fusion == Fusion.ADD_RELU;
                Tensor[] inputs = adds ? new Tensor[] {x, gamma, beta, zero} : new Tensor[] {x, gamma, beta};
                GradCheck.numeric(
                        () -> apply(x, adds ? zero : null, gamma, beta, mean, var, fusion), 2e-2, 1e-3, inputs);
                GradCheck.Result result =
                        GradCheck.run(() -> apply(x, adds ? zero : null, gamma, beta, mean, var, fusion), inputs);
                // without a ReLU: dx = r gamma / sqrt(var + eps), independent of the other elements
                float[] r = Patterns.projection(SHAPE);
                float[] y = result.y();
                for (int i = 0; i < r.length; i++) {
                    int c = i / 6 % 2;
                    double g = fusion == Fusion.NONE || y[i] > 0 ? r[i] : 0;
                    double expected = g * GAMMA[c] / Math.sqrt(VAR[c] + EPS);
                    double got = result.gradients().get(0)[i];
                    assertTrue(Math.abs(got - expected) <= 1e-6 + 1e-6 * Math.abs(expected), fusion + " element " + i);
                }
            }
            // a frozen affine map: only the required gradients are computed
            try (Tensor frozen = Tensor.of(backend, channels, GAMMA);
                    Tensor fixed = Tensor.of(backend, channels, BETA)) {
                GradCheck.run(() -> apply(x, null, frozen, fixed, mean, var, Fusion.RELU), x, frozen, fixed);
            }
        }
    }

    private static Tensor apply(
            Tensor x, Tensor residual, Tensor gamma, Tensor beta, Tensor mean, Tensor var, Fusion fusion) {
        return BatchNormOp.apply(x, residual, gamma, beta, List.of(mean, var), false, EPS, 0.1f, fusion);
    }
}
