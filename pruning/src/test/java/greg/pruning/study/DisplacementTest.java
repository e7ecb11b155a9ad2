package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.ArrayDataset;
import greg.datasets.Dataset;
import greg.datasets.DatasetInfo;
import greg.datasets.ImageShape;
import greg.datasets.Normalization;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.layer.Linear;
import greg.tensor.Tensor;
import greg.tensor.op.FlattenOp;
import greg.tensor.op.ReluOp;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

/** On logistic regression of images of four pixels, whose loss is convex and whose Hessian is known. */
class DisplacementTest {
    private static final int IMAGES = 48;
    private static final int PIXELS = 4;
    private static final int CLASSES = 3;
    private static final double DECAY = 0.02;
    private static final double PENALTY = 1e-3;
    private static final Displacement.Settings SETTINGS =
            new Displacement.Settings(DECAY, PENALTY, 0.6, IMAGES, 600, 600, 0.05, 40, 1e-3);

    private final Backend backend = Backends.open("reference", BackendOptions.standard());
    private final byte[] pixels = new byte[IMAGES * PIXELS];
    private final Normalization normalization = Normalization.centred(1);
    private final Dataset dataset;

    private static final class Regression extends NnModule {
        private final Linear fc = child("fc", new Linear(backend(), PIXELS, CLASSES, true));

        Regression(Backend backend) {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(FlattenOp.apply(x));
        }
    }

    DisplacementTest() {
        Random random = new Random(3);
        random.nextBytes(pixels);
        int[] labels = new int[IMAGES];
        for (int i = 0; i < IMAGES; i++) labels[i] = random.nextInt(CLASSES);
        dataset = new ArrayDataset(DatasetInfo.of("pixels", new ImageShape(1, 2, 2, CLASSES)), pixels, labels);
    }

    /** d^2 E / dw^2 of softmax regression: mean of (diag(p) - p p^T) x x^T, plus gamma; weights first, then biases. */
    private RealMatrix hessian(double[] w) {
        int size = CLASSES * (PIXELS + 1);
        RealMatrix h = new Array2DRowRealMatrix(size, size);
        for (int n = 0; n < IMAGES; n++) {
            double[] x = new double[PIXELS + 1];
            for (int i = 0; i < PIXELS; i++) {
                x[i] = ((pixels[n * PIXELS + i] & 255) / 255.0 - normalization.mean()[0])
                        / normalization.std()[0];
            }
            x[PIXELS] = 1;
            double[] p = new double[CLASSES];
            double sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                double score = w[CLASSES * PIXELS + c];
                for (int i = 0; i < PIXELS; i++) score += w[c * PIXELS + i] * x[i];
                p[c] = Math.exp(score);
                sum += p[c];
            }
            for (int a = 0; a < size; a++) {
                for (int b = 0; b < size; b++) {
                    double pa = p[row(a)] / sum;
                    double pb = p[row(b)] / sum;
                    double curvature = (row(a) == row(b) ? pa : 0) - pa * pb;
                    h.addToEntry(a, b, curvature * x[column(a)] * x[column(b)] / IMAGES);
                }
            }
        }
        for (int a = 0; a < size; a++) h.addToEntry(a, a, DECAY);
        return h;
    }

    private static int row(int parameter) {
        return parameter < CLASSES * PIXELS ? parameter / PIXELS : parameter - CLASSES * PIXELS;
    }

    private static int column(int parameter) {
        return parameter < CLASSES * PIXELS ? parameter % PIXELS : PIXELS;
    }

    @Test
    void theHessianIsTheKnownOneAndTrainingGoesWhereItPredicts() {
        int[] steps = {0};
        Displacement.Result result;
        try (NnModule network = new Regression(backend)) {
            Initializer.initialize(network, 0);
            result = Displacement.measure(network, dataset, normalization, SETTINGS, () -> steps[0]++);
        }
        assertEquals(0, result.gradientNorm(), 1e-3, "converged");
        RealMatrix h = hessian(result.weights());
        RealMatrix penalised = h.copy();
        for (int i = 0; i < h.getRowDimension(); i++) penalised.addToEntry(i, i, PENALTY);
        double[] expected = new LUDecomposition(penalised)
                .getSolver()
                .solve(new ArrayRealVector(result.weights()).mapMultiply(-PENALTY))
                .toArray();
        double largest = new ArrayRealVector(expected).getLInfNorm();
        assertArrayEquals(expected, result.predicted(), 0.01 * largest);
        assertArrayEquals(expected, result.actual(), 0.05 * largest);
        assertTrue(result.pearson() > 0.999, "Pearson " + result.pearson());
        assertTrue(result.pearson() > result.pearsonOfEqualCurvature(), "the Hessian is not a multiple of I");
        assertTrue(result.smallest() >= DECAY * 0.99 && result.smallest() < result.largest());
        assertTrue(steps[0] <= SETTINGS.work() && steps[0] > SETTINGS.work() - SETTINGS.iterations());
        assertEquals(1, result.layers().size());
        assertEquals(CLASSES, result.layers().get(0).actual().length);
    }

    /** Two layers, of whose hidden units number 1 is never active. */
    private static final class Hidden extends NnModule {
        private final Linear fc1 = child("fc1", new Linear(backend(), PIXELS, 3, true));
        private final Linear fc2 = child("fc2", new Linear(backend(), 3, CLASSES, true));

        Hidden(Backend backend) {
            super(backend);
            Initializer.initialize(this, 0);
            fc1.parameters().get("bias").tensor().set(1, -50, 1);
        }

        @Override
        public Tensor forward(Tensor x) {
            return fc2.forward(ReluOp.apply(fc1.forward(FlattenOp.apply(x))));
        }
    }

    @Test
    void unitsThatNoImageActivatesAreDead() {
        Displacement.Settings settings = new Displacement.Settings(DECAY, PENALTY, 0.06, IMAGES, 20, 20, 0.05, 5, 1e-3);
        Displacement.Result result;
        try (NnModule network = new Hidden(backend)) {
            result = Displacement.measure(network, dataset, normalization, settings, () -> {});
        }
        Displacement.LayerShrinkage hidden = result.layers().get(0);
        assertArrayEquals(new boolean[] {false, true, false}, hidden.dead());
        assertEquals(2, hidden.liveOnes().filters());
        assertEquals(hidden.actual()[2], hidden.liveOnes().actual()[1]);
        assertArrayEquals(
                new double[] {hidden.predicted()[1]}, hidden.deadOnes().predicted());
        assertEquals(3, result.layers().get(1).liveOnes().filters(), "only a column of theirs has no gradient");
        String figure =
                Displacement.figureOfFilters(result, List.of("fc1", "fc2")).svg();
        assertTrue(figure.contains("1 filters without a gradient"), figure);
    }

    @Test
    void withoutAProductThereIsNoPrediction() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> new Displacement.Settings(DECAY, PENALTY, 0.06, IMAGES, 20, 20, 0.05, 0, 1e-3));
        assertTrue(e.getMessage().contains("at least 1 iteration"), e.getMessage());
    }

    @Test
    void aHilltopIsNoMinimum() {
        // "weight decay" below 0 bends E downwards everywhere
        Displacement.Settings settings = new Displacement.Settings(-5, PENALTY, 1e-4, IMAGES, 2, 2, 0.05, 5, 1e-3);
        try (NnModule network = new Regression(backend)) {
            Initializer.initialize(network, 0);
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> Displacement.measure(network, dataset, normalization, settings, () -> {}));
            assertTrue(e.getMessage().contains("E curves downwards"), e.getMessage());
        }
    }

    @Test
    void halvesAreComparedByWhatIsLeft() {
        Displacement.LayerShrinkage layer = new Displacement.LayerShrinkage(
                "conv", new double[] {0.9, 0.1, 0.5, 0.7}, new double[] {0.95, 0.2, 0.8, 0.6}, new boolean[4]);
        assertEquals(1, layer.halvesShare(), "1 and 2 by equation 5, 1 and 3 in fact");
        assertEquals(0.8, layer.spearman(), 1e-12);
        assertTrue(Double.isNaN(layer.deadOnes().spearman()), "of no filters");
    }
}
