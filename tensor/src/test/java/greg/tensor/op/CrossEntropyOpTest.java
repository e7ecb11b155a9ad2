package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class CrossEntropyOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-6;
    private static final int[] LABELS = {0, 6, 3, 3, 1, 5};
    private static final int[] OTHERS = {2, 6, 0, 3, 4, 4};

    // PyTorch:
    // z, labels = pat(7, 43, 6, 7), torch.tensor([0, 6, 3, 3, 1, 5])
    // y = F.cross_entropy(z, labels)
    // project(y)
    // rank = (z > z.gather(1, labels[:, None])).sum(1)
    // show(Y=y, DZ=z.grad, METRICS=torch.stack([6 * y, (rank < 1).sum(), (rank < 5).sum()]))
    private static final float[] Y = Patterns.numbers("""
            2.8158542""");
    private static final float[] DZ = Patterns.numbers(
            """
            0.18692499 -0.0013793844 -0.0033089711 -0.0079378089 -0.019041814 -0.045678937 -0.10957807
            -0.0013746754 -0.0032976747 -0.0079107105 -0.018976808 -0.045522996 -0.10920399 0.18628685
            -0.0032708881 -0.0078464527 -0.018822662 0.14234678 -0.10831694 -0.0012032925 -0.0028865486
            -0.0076964809 -0.018462898 -0.044290189 0.081253359 -0.0011802936 -0.0028313771 -0.0067921205
            -0.017653477 0.14515151 -0.10158875 -0.001128549 -0.0027072484 -0.0064943512 -0.015579139
            -0.038318612 -0.09192157 -0.0010211564 -0.0024496269 -0.0058763494 0.17340337 -0.033816056""");
    private static final float[] METRICS = Patterns.numbers("""
            16.895125 1 4""");

    // PyTorch:
    // z, a, b = pat(7, 43, 6, 7), torch.tensor([0, 6, 3, 3, 1, 5]), torch.tensor([2, 6, 0, 3, 4, 4])
    // y = F.cross_entropy(z, a) + F.cross_entropy(z + z, b)
    // project(y)
    // show(REUSED_Y=y, REUSED_DZ=z.grad)
    private static final float[] REUSED_Y = Patterns.numbers("""
            8.9853716""");
    private static final float[] REUSED_DZ = Patterns.numbers(
            """
            0.18691646 -0.0014284814 0.37140849 -0.0095636804 -0.028398058 -0.099520404 -0.41941433
            -0.0014237685 -0.0035801864 -0.0095364531 -0.028332311 -0.099360199 -0.4190157 0.56124862 0.37144673
            -0.0094714547 -0.028173902 0.088534107 -0.4179875 -0.0012415089 -0.0031064687 -0.0093172336
            -0.027789686 -0.097962148 0.14739256 -0.00121841 -0.0030507221 -0.008054364 -0.026841997 0.092275228
            -0.40587074 -0.0011661004 0.37207666 -0.0077378822 -0.022735165 -0.087038554 -0.37228548
            -0.0010557561 -0.0026487341 0.36797787 0.16680984 -0.071759185""");

    // PyTorch: fewer classes than the 5 of top-5, logits that overflow exp in float32
    // z, labels = pat(7, 43, 4, 3).detach() * 100, torch.tensor([1, 2, 0, 1])
    // y = F.cross_entropy(z, labels)
    // rank = (z > z.gather(1, labels[:, None])).sum(1)
    // show(LARGE_Y=y, LARGE_METRICS=torch.stack([4 * y, (rank < 1).sum(), (rank < 5).sum()]))
    private static final float[] LARGE_Y = Patterns.numbers("""
            43.75""");
    private static final float[] LARGE_METRICS = Patterns.numbers("""
            175 2 4""");

    @ParameterizedTest
    @MethodSource(DEVICES)
    void asInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor z = Patterns.parameter(backend, 7, 43, 6, 7);
                Tensor labels = Tensor.ofInts(backend, Shape.of(6), LABELS);
                Tensor metrics = Tensor.full(backend, Shape.of(3), 0)) {
            GradCheck.run(() -> CrossEntropyOp.apply(z, labels, metrics), z)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(), Y, DZ);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void metricsAreAddedToWhatIsThere(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Scope scope = Scope.open();
                Tensor z = Patterns.constant(backend, 7, 43, 6, 7);
                Tensor labels = Tensor.ofInts(backend, Shape.of(6), LABELS);
                Tensor metrics = Tensor.of(backend, Shape.of(3), 100, 20, 30)) {
            CrossEntropyOp.apply(z, labels, metrics);
            float[] expected = {100 + METRICS[0], 20 + METRICS[1], 30 + METRICS[2]};
            Compare.close("metrics", expected, metrics.toHost(), 0, TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void largeLogitsDoNotOverflowAndTopFiveOfThreeClassesIsAll(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Shape shape = Shape.of(4, 3);
        float[] values = Patterns.values(7, 43, shape);
        for (int i = 0; i < values.length; i++) values[i] *= 100;
        try (Scope scope = Scope.open();
                Tensor z = Tensor.of(backend, shape, values);
                Tensor labels = Tensor.ofInts(backend, Shape.of(4), 1, 2, 0, 1);
                Tensor metrics = Tensor.full(backend, Shape.of(3), 0)) {
            Tensor loss = CrossEntropyOp.apply(z, labels, metrics);
            Compare.close("loss", LARGE_Y, loss.toHost(), 0, TOLERANCE);
            Compare.close("metrics", LARGE_METRICS, metrics.toHost(), 0, TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void twoLossesOfTheSameLogits(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor z = Patterns.parameter(backend, 7, 43, 6, 7);
                Tensor a = Tensor.ofInts(backend, Shape.of(6), LABELS);
                Tensor b = Tensor.ofInts(backend, Shape.of(6), OTHERS);
                Tensor metrics = Tensor.full(backend, Shape.of(3), 0)) {
            GradCheck.run(
                            () -> AddOp.apply(
                                    CrossEntropyOp.apply(z, a, metrics),
                                    CrossEntropyOp.apply(AddOp.apply(z, z), b, metrics)),
                            z)
                    .expect(TOLERANCE, TOLERANCE, Shape.of(), REUSED_Y, REUSED_DZ);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor z = Patterns.parameter(backend, 7, 43, 6, 7);
                Tensor labels = Tensor.ofInts(backend, Shape.of(6), LABELS);
                Tensor metrics = Tensor.full(backend, Shape.of(3), 0)) {
            GradCheck.numeric(() -> CrossEntropyOp.apply(z, labels, metrics), 2e-2, 1e-3, z);
        }
    }

    @Test
    void refusesShapesAndTypesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Tensor z = Patterns.constant(backend, 7, 43, 6, 7);
                Tensor vector = Patterns.constant(backend, 7, 43, 6);
                Tensor few = Tensor.ofInts(backend, Shape.of(5), 0, 1, 2, 3, 4);
                Tensor labels = Tensor.ofInts(backend, Shape.of(6), LABELS);
                Tensor metrics = Tensor.full(backend, Shape.of(3), 0)) {
            assertEquals("crossEntropy: expected logits of rank 2, got shape (6)", refusal(vector, labels, metrics));
            assertEquals("crossEntropy: expected labels of 6 elements, got shape (5)", refusal(z, few, metrics));
            assertEquals("crossEntropy: expected metrics of 3 elements, got shape (6)", refusal(z, labels, vector));
            assertEquals("crossEntropy: expected labels of type INT32, got FLOAT32", refusal(z, vector, metrics));
        }
    }

    private static String refusal(Tensor z, Tensor labels, Tensor metrics) {
        return assertThrows(IllegalArgumentException.class, () -> CrossEntropyOp.apply(z, labels, metrics))
                .getMessage();
    }
}
