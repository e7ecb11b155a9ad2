package greg.tensor.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.testing.GradCheck;
import greg.tensor.testing.Patterns;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are PyTorch's; see {@link Patterns} for the prelude of the scripts. */
class BatchNormOpTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double TOLERANCE = 1e-5;
    private static final Shape SHAPE = Shape.of(3, 2, 2, 3);

    // PyTorch:
    // def grad_of(f):
    //     x, r = pat(7, 37, 3, 2, 2, 3), pat(13, 31, 3, 2, 2, 3)
    //     gamma, beta = pat(3, 16, 2), pat(5, 11, 2)
    //     y = f(F.batch_norm(x, None, None, gamma, beta, training=True, momentum=0.1, eps=1e-5), x, r)
    //     project(y)
    //     return y, x.grad, gamma.grad, beta.grad, r.grad
    // y, dx, dgamma, dbeta, _ = grad_of(lambda z, x, r: z)
    // show(PLAIN_Y=y, PLAIN_DX=dx, PLAIN_DGAMMA=dgamma, PLAIN_DBETA=dbeta)
    // y, dx, dgamma, dbeta, _ = grad_of(lambda z, x, r: F.relu(z))
    // show(RELU_Y=y, RELU_DX=dx, RELU_DGAMMA=dgamma, RELU_DBETA=dbeta)
    // y, dx, dgamma, dbeta, dr = grad_of(lambda z, x, r: F.relu(z + r))
    // show(ADD_Y=y, ADD_DX=dx, ADD_DGAMMA=dgamma, ADD_DBETA=dbeta, ADD_DR=dr)
    private static final float[] PLAIN_Y = Patterns.numbers(
            """
            0.97208527 0.32294739 -0.3261905 -0.97532838 -1.6244663 -2.2736042 0.78333202 0.36511238
            -0.053107256 -0.4713269 -0.88954653 0.90282335 0.044745436 -0.60439245 -1.2535303 -1.9026682
            0.87935129 0.2302134 0.1858754 -0.23234424 -0.65056388 -1.0687835 0.72358636 0.30536672 -0.8825944
            -1.5317323 -2.1808702 0.60114934 -0.047988547 -0.69712643 -0.41158123 -0.82980087 0.96256901
            0.54434937 0.12612973 -0.29208991""");
    private static final float[] PLAIN_DX = Patterns.numbers(
            """
            0.80768402 -0.17841345 0.59743476 -0.38866271 0.38718551 -0.59891196 -0.096149574 0.40302383
            -0.23297036 0.26620305 -0.36979114 0.017282294 -0.81299005 -0.03714183 0.73870639 -0.24739109
            0.34886787 -0.63722961 -0.0061066202 0.49306679 -0.1429274 0.356246 -0.39184816 0.10732525
            -0.67171842 0.10412979 0.87997801 -0.28570873 0.49013949 -0.49595798 0.083936333 -0.55205785
            -0.16498442 0.33418898 -0.3018052 0.1973682""");
    private static final float[] PLAIN_DGAMMA = Patterns.numbers("""
            1.2699404 1.1935856""");
    private static final float[] PLAIN_DBETA = Patterns.numbers("""
            1.375 -2.125""");
    private static final float[] RELU_Y = Patterns.numbers(
            """
            0.97208527 0.32294739 0 0 0 0 0.78333202 0.36511238 0 0 0 0.90282335 0.044745436 0 0 0 0.87935129
            0.2302134 0.1858754 0 0 0 0.72358636 0.30536672 0 0 0 0.60114934 0 0 0 0 0.96256901 0.54434937
            0.12612973 0""");
    private static final float[] RELU_DX = Patterns.numbers(
            """
            0.85276093 -0.15794011 0.036900647 0.046273432 0.055646218 0.065019003 -0.066822758 0.42732581
            -0.03445622 -0.018272951 -0.0020896818 0.048044776 -0.80306108 0.040917555 0.050290341 0.059663126
            0.39042998 -0.62027105 0.01604186 -0.027520533 -0.011337264 0.0048460049 -0.36323918 0.13090939
            0.044934463 0.054307249 0.063680034 -0.254691 0.032883739 0.042256524 -0.020584847 -0.0044015774
            -0.13350411 0.36064446 -0.28037456 -0.025208638""");
    private static final float[] RELU_DGAMMA = Patterns.numbers("""
            0.35032838 0.91078944""");
    private static final float[] RELU_DBETA = Patterns.numbers("""
            1 -1.375""");
    private static final float[] ADD_Y = Patterns.numbers(
            """
            0 0.072947387 1.0488095 0 0 0 0.90833202 2.1151124 0 0.6536731 0 1.4028233 0 0 0.24646967 0
            1.7543513 0 0.4358754 1.6426558 0 0.18121648 0 0.93036672 0 0 0 0 0.95201145 0 0 0 0.71256901
            1.9193494 0 0.45791009""");
    private static final float[] ADD_DX = Patterns.numbers(
            """
            -0.13923861 -0.30999268 0.44659308 -0.095096927 -0.080383032 -0.065669138 -0.12373108 0.34232088
            -0.14755776 0.13925722 -0.17138444 -0.00083594262 -0.11821876 -0.10350487 0.56034691 -0.074077078
            0.23379931 -0.12242273 -0.081004473 0.38504749 -0.16457681 0.18198382 -0.12543299 0.041890664
            -0.097198912 -0.082485017 -0.067771123 -0.13083067 0.34755314 -0.10140288 -0.15776919 -0.16968253
            -0.17837103 0.28768094 -0.14245204 0.08461727""");
    private static final float[] ADD_DGAMMA = Patterns.numbers("""
            0.54996404 -0.6704791""");
    private static final float[] ADD_DBETA = Patterns.numbers("""
            -2.5 -5.5""");
    private static final float[] ADD_DR = Patterns.numbers(
            """
            0 0.25 -0.75 0 0 0 0 -1 0 -0.625 0 -0.25 0 0 -0.875 0 -0.5 0 -0.125 -1.125 0 -0.75 0 -0.375 0 0 0 0
            -0.625 0 0 0 0.125 -0.875 0 -0.5""");

    // PyTorch:
    // x, gamma, beta = pat(7, 37, 3, 2, 2, 3), pat(3, 16, 2), pat(5, 11, 2)
    // bn = lambda t: F.batch_norm(t, None, None, gamma, beta, training=True, momentum=0.1, eps=1e-5)
    // y = F.relu(bn(F.relu(bn(x) + x)))
    // project(y)
    // show(TWICE_Y=y, TWICE_DX=x.grad, TWICE_DGAMMA=gamma.grad, TWICE_DBETA=beta.grad)
    private static final float[] TWICE_Y = Patterns.numbers(
            """
            0 0 0 0 0 0 0.48606898 0.48606898 0.37119981 0 0 0.48606898 0 0 0 0 0 0 0.48606898 0.058412549 0 0
            0.48606898 0.48606898 0 0 0 0 0 0 0 0 0.48606898 0.48606898 0.48606898 0""");
    private static final float[] TWICE_DX = Patterns.numbers(
            """
            0 0 0 0 0 0 0.0025081142 0.0024738293 -0.43501209 -0.070756994 -0.019289154 0.0025179099 0 0 0 0 0 0
            0.0024591357 0.83819459 -0.048699348 0.0027684917 0.0025032164 0.0024689314 0 0 0 0 0 0 -0.078109543
            -0.026641703 0.0025228078 0.0024885228 0.0024542379 -0.09281464""");
    private static final float[] TWICE_DGAMMA = Patterns.numbers("""
            0 0.94984491""");
    private static final float[] TWICE_DBETA = Patterns.numbers("""
            0 -2.0329637""");

    // PyTorch:
    // mean, var = torch.tensor([0.5, -0.25]), torch.tensor([2., 0.75])
    // x, r, gamma, beta = pat(7, 37, 3, 2, 2, 3), pat(13, 31, 3, 2, 2, 3), pat(3, 16, 2), pat(5, 11, 2)
    // F.batch_norm(x, mean, var, gamma, beta, training=True, momentum=0.1, eps=1e-5)
    // z = F.batch_norm(x, mean, var, gamma, beta, training=False, eps=1e-5)
    // show(RUNNING_MEAN=mean, RUNNING_VAR=var, EVAL=z, EVAL_RELU=F.relu(z), EVAL_ADD=F.relu(z + r))
    private static final float[] RUNNING_MEAN = Patterns.numbers("""
            0.44027778 -0.22361111""");
    private static final float[] RUNNING_VAR = Patterns.numbers("""
            1.9923815 0.85604575""");
    private static final float[] EVAL = Patterns.numbers(
            """
            1.2809424 0.66104376 0.041145085 -0.57875359 -1.1986523 -1.8185509 0.94664613 0.35557867 -0.23548878
            -0.82655623 -1.4176237 1.1155225 0.3953729 -0.22452578 -0.84442445 -1.4643231 1.1923855 0.57248681
            0.10226405 -0.4888034 -1.0798709 -1.6709383 0.86220792 0.27114047 -0.49019664 -1.1100953 -1.729994
            0.92671462 0.30681595 -0.31308273 -0.74211802 -1.3331855 1.1999607 0.6088933 0.017825844 -0.57324161""");
    private static final float[] EVAL_RELU = Patterns.numbers(
            """
            1.2809424 0.66104376 0.041145085 0 0 0 0.94664613 0.35557867 0 0 0 1.1155225 0.3953729 0 0 0
            1.1923855 0.57248681 0.10226405 0 0 0 0.86220792 0.27114047 0 0 0 0.92671462 0.30681595 0 0 0
            1.1999607 0.6088933 0.017825844 0""");
    private static final float[] EVAL_ADD = Patterns.numbers(
            """
            0 0.41104376 1.4161451 0 0 0 1.0716461 2.1055787 0 0.29844377 0 1.6155225 0 0 0.65557555 0 2.0673855
            0 0.35226405 1.3861966 0 0 0 0.89614047 0 0 0 0.30171462 1.3068159 0 0 0 0.94996075 1.9838933 0
            0.17675839""");

    /** Parameters and running statistics of one layer. */
    private record Layer(Tensor gamma, Tensor beta, Tensor mean, Tensor var) implements AutoCloseable {
        static Layer on(Backend backend) {
            return new Layer(
                    Patterns.parameter(backend, 3, 16, 2),
                    Patterns.parameter(backend, 5, 11, 2),
                    Tensor.of(backend, Shape.of(2), 0.5f, -0.25f),
                    Tensor.of(backend, Shape.of(2), 2, 0.75f));
        }

        Tensor apply(Tensor x, Tensor residual, boolean training, Fusion fusion) {
            return BatchNormOp.apply(x, residual, gamma, beta, List.of(mean, var), training, 1e-5f, 0.1f, fusion);
        }

        @Override
        public void close() {
            List.of(gamma, beta, mean, var).forEach(Tensor::close);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void plainAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Layer bn = Layer.on(backend)) {
            GradCheck.run(() -> bn.apply(x, null, true, Fusion.NONE), x, bn.gamma, bn.beta)
                    .expect(TOLERANCE, TOLERANCE, SHAPE, PLAIN_Y, PLAIN_DX, PLAIN_DGAMMA, PLAIN_DBETA);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void reluFusionAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Layer bn = Layer.on(backend)) {
            GradCheck.run(() -> bn.apply(x, null, true, Fusion.RELU), x, bn.gamma, bn.beta)
                    .expect(TOLERANCE, TOLERANCE, SHAPE, RELU_Y, RELU_DX, RELU_DGAMMA, RELU_DBETA);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void addReluFusionAsInPyTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Tensor r = Patterns.parameter(backend, 13, 31, 3, 2, 2, 3);
                Layer bn = Layer.on(backend)) {
            GradCheck.run(() -> bn.apply(x, r, true, Fusion.ADD_RELU), x, bn.gamma, bn.beta, r)
                    .expect(TOLERANCE, TOLERANCE, SHAPE, ADD_Y, ADD_DX, ADD_DGAMMA, ADD_DBETA, ADD_DR);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void inputIsItsOwnResidualAndParametersAreUsedTwice(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Layer bn = Layer.on(backend)) {
            GradCheck.run(
                            () -> bn.apply(bn.apply(x, x, true, Fusion.ADD_RELU), null, true, Fusion.RELU),
                            x,
                            bn.gamma,
                            bn.beta)
                    .expect(TOLERANCE, TOLERANCE, SHAPE, TWICE_Y, TWICE_DX, TWICE_DGAMMA, TWICE_DBETA);
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void trainingMovesTheRunningStatisticsAndInferenceUsesThem(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Scope scope = Scope.open();
                Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Tensor r = Patterns.parameter(backend, 13, 31, 3, 2, 2, 3);
                Layer bn = Layer.on(backend)) {
            bn.apply(x, null, true, Fusion.NONE);
            Compare.close("mean", RUNNING_MEAN, bn.mean.toHost(), TOLERANCE, TOLERANCE);
            Compare.close("var", RUNNING_VAR, bn.var.toHost(), TOLERANCE, TOLERANCE);
            Compare.close("y", EVAL, bn.apply(x, null, false, Fusion.NONE).toHost(), TOLERANCE, TOLERANCE);
            Compare.close(
                    "relu", EVAL_RELU, bn.apply(x, null, false, Fusion.RELU).toHost(), TOLERANCE, TOLERANCE);
            Compare.close(
                    "add", EVAL_ADD, bn.apply(x, r, false, Fusion.ADD_RELU).toHost(), TOLERANCE, TOLERANCE);
            Compare.close("mean after inference", RUNNING_MEAN, bn.mean.toHost(), TOLERANCE, TOLERANCE);
        }
    }

    @Test
    void ruleAgreesWithFiniteDifferences() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Patterns.parameter(backend, 7, 37, 3, 2, 2, 3);
                Tensor r = Tensor.parameter(backend, SHAPE, new float[36]);
                Layer bn = Layer.on(backend)) {
            GradCheck.numeric(() -> bn.apply(x, null, true, Fusion.NONE), 1e-2, 1e-3, x, bn.gamma, bn.beta);
            moveOffTheKink(bn, x, r);
            GradCheck.numeric(() -> bn.apply(x, null, true, Fusion.RELU), 1e-2, 1e-3, x, bn.gamma, bn.beta);
            GradCheck.numeric(() -> bn.apply(x, r, true, Fusion.ADD_RELU), 1e-2, 1e-3, x, bn.gamma, bn.beta, r);
        }
    }

    /** Puts beta into the widest gap of each channel's values, and the residual so that |BN(x) + r| is 1/4 or more. */
    private static void moveOffTheKink(Layer bn, Tensor x, Tensor r) {
        bn.beta.set(0, 0);
        try (Scope scope = Scope.open()) {
            float[] beta = new float[2];
            float[] z = bn.apply(x, null, true, Fusion.NONE).toHost();
            for (int c = 0; c < 2; c++) {
                int channel = c;
                double[] sorted = IntStream.range(0, 36)
                        .filter(i -> i / 6 % 2 == channel)
                        .mapToDouble(i -> z[i])
                        .sorted()
                        .toArray();
                double widest = 0;
                for (int i = 5; i < 13; i++) {
                    double gap = sorted[i] - sorted[i - 1];
                    if (gap <= widest) continue;
                    widest = gap;
                    beta[c] = (float) -(sorted[i] + sorted[i - 1]) / 2;
                }
                // a step of 1e-2 moves a value by less than 1e-2 (|gamma| <= 1 and the deviation is above 1), by 1e-2
                // through beta, by 1e-2 |xhat| through gamma
                assertTrue(widest > 0.05, "gap " + widest);
            }
            bn.beta.set(beta);
            float[] shifted = bn.apply(x, null, true, Fusion.NONE).toHost();
            float[] residual = new float[36];
            for (int i = 0; i < 36; i++) residual[i] = (i % 3 == 0 ? -0.25f : 0.5f) - shifted[i];
            r.set(residual);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Patterns.constant(backend, 7, 37, 3, 2, 2, 3);
                Tensor wide = Patterns.constant(backend, 7, 37, 3, 3, 2, 3);
                Tensor flat = Patterns.constant(backend, 7, 37, 3, 12);
                Tensor single = Patterns.constant(backend, 7, 37, 1, 2, 1, 1);
                Layer bn = Layer.on(backend)) {
            assertEquals(
                    "batchNorm: expected input of rank 4, got shape (3, 12)",
                    refusal(() -> bn.apply(flat, null, true, Fusion.NONE)));
            assertEquals(
                    "batchNorm: expected weight of 3 elements, got shape (2)",
                    refusal(() -> bn.apply(wide, null, true, Fusion.NONE)));
            assertEquals(
                    "batchNorm: expected residual of shape (3, 2, 2, 3), got (3, 3, 2, 3)",
                    refusal(() -> bn.apply(x, wide, true, Fusion.ADD_RELU)));
            assertEquals(
                    "batchNorm: a residual is expected with ADD_RELU and only there",
                    refusal(() -> bn.apply(x, x, true, Fusion.RELU)));
            assertEquals(
                    "batchNorm: a residual is expected with ADD_RELU and only there",
                    refusal(() -> bn.apply(x, null, true, Fusion.ADD_RELU)));
            assertEquals(
                    "batchNorm: training needs more than one value per channel, got (1, 2, 1, 1)",
                    refusal(() -> bn.apply(single, null, true, Fusion.NONE)));
            Layer odd = new Layer(bn.gamma, bn.beta, bn.mean, flat);
            assertEquals(
                    "batchNorm: expected running variance of 2 elements, got shape (3, 12)",
                    refusal(() -> odd.apply(x, null, true, Fusion.NONE)));
            Layer shifted = new Layer(bn.gamma, bn.beta, flat, bn.var);
            assertEquals(
                    "batchNorm: expected running mean of 2 elements, got shape (3, 12)",
                    refusal(() -> shifted.apply(x, null, false, Fusion.NONE)));
        }
    }

    private static String refusal(Executable e) {
        return assertThrows(IllegalArgumentException.class, e).getMessage();
    }
}
