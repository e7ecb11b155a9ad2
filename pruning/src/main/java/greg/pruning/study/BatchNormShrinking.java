package greg.pruning.study;

import greg.datasets.random.SplitMix;
import greg.kernels.Backend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.train.Metrics;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ReluOp;
import java.util.ArrayList;
import java.util.List;

/**
 * Why batch normalization undoes the shrinking of filters: a convolution is multiplied by a factor s, and what follows it is
 * measured. Batch normalization divides by the standard deviation of its input, sqrt(s^2 var + eps), so its output stays the same until
 * s^2 var comes near eps; and since the loss does not change with s, the gradient grows as 1/s and pushes the weights out again.
 */
public final class BatchNormShrinking {
    private static final int IMAGES = 64;
    private static final int SIDE = 12;
    private static final int FILTERS = 8;
    private static final int CLASSES = 10;
    private static final double EPS = 1e-5;

    private BatchNormShrinking() {}

    /**
     * The convolution multiplied by one factor.
     *
     * @param scale s
     * @param output root mean square of the output of batch normalization
     * @param expected the same by the formula: sqrt(mean of s^2 var / (s^2 var + eps)) over the filters
     * @param gradient |dL/dw| of the convolution's weights
     */
    public record Point(double scale, double output, double expected, double gradient) {}

    private static final class Net extends NnModule {
        private final Conv2d conv = child("conv", new Conv2d(backend(), 1, FILTERS, 3, Conv2dOptions.DEFAULT, false));
        private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend(), FILTERS));
        private final Linear fc = child("fc", new Linear(backend(), FILTERS, CLASSES, true));
        private float[] before;
        private float[] after;

        Net(Backend backend) {
            super(backend);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = conv.forward(x);
            before = y.toHost();
            y = norm.forward(y);
            after = y.toHost();
            return fc.forward(GlobalAveragePoolOp.apply(ReluOp.apply(y)));
        }
    }

    /**
     * Measures a small network in training mode on random images.
     *
     * @param scales the factors, above 0
     * @param seed of weights and images
     */
    public static List<Point> measure(Backend backend, double[] scales, long seed) {
        SplitMix random = SplitMix.of(seed, "batchnorm");
        float[] pixels = new float[IMAGES * SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) pixels[i] = (float) (2 * random.unit() - 1);
        int[] classes = new int[IMAGES];
        for (int i = 0; i < IMAGES; i++) classes[i] = i % CLASSES;
        List<Point> points = new ArrayList<>();
        try (Net net = new Net(backend);
                Metrics unused = new Metrics(backend);
                Tensor images = Tensor.of(backend, Shape.of(IMAGES, 1, SIDE, SIDE), pixels);
                Tensor labels = Tensor.ofInts(backend, Shape.of(IMAGES), classes)) {
            Initializer.initialize(net, seed);
            Tensor weight = net.conv.parameters().get("weight").tensor();
            float[] full = weight.toHost();
            for (double scale : scales) {
                float[] scaled = new float[full.length];
                for (int i = 0; i < full.length; i++) scaled[i] = (float) (scale * full[i]);
                weight.set(scaled);
                try (Scope scope = Scope.open()) {
                    Backprop.run(CrossEntropyOp.apply(net.call(images), labels, unused.sums()));
                    double gradient = Math.sqrt(sumOfSquares(weight.gradientToHost()));
                    double output = Math.sqrt(sumOfSquares(net.after) / net.after.length);
                    points.add(new Point(scale, output, expected(net.before), gradient));
                }
            }
        }
        return points;
    }

    /** By the formula, from the input of batch normalization (N, C, H, W). */
    private static double expected(float[] y) {
        int plane = y.length / IMAGES / FILTERS;
        double sum = 0;
        for (int f = 0; f < FILTERS; f++) {
            double mean = 0;
            double squares = 0;
            for (int n = 0; n < IMAGES; n++) {
                for (int i = 0; i < plane; i++) {
                    double value = y[(n * FILTERS + f) * plane + i];
                    mean += value / (IMAGES * plane);
                    squares += value * value / (IMAGES * plane);
                }
            }
            double variance = squares - mean * mean;
            sum += variance / (variance + EPS);
        }
        return Math.sqrt(sum / FILTERS);
    }

    private static double sumOfSquares(float[] values) {
        double sum = 0;
        for (float value : values) sum += (double) value * value;
        return sum;
    }

    /** Output and gradient relative to those of the first point, against s. */
    public static Figure figure(List<Point> points) {
        Point first = points.get(0);
        double[] s = points.stream().mapToDouble(Point::scale).toArray();
        return new Figure(
                        "What a filter's scale changes before batch normalization",
                        Figure.Axis.logarithmic("s, factor on all weights of the convolution"),
                        Figure.Axis.logarithmic("relative to s = 1"))
                .line(
                        "output, sqrt(s^2 var / (s^2 var + eps))",
                        s,
                        points.stream()
                                .mapToDouble(p -> p.expected() / first.expected())
                                .toArray())
                .points(
                        "output, measured",
                        s,
                        points.stream()
                                .mapToDouble(p -> p.output() / first.output())
                                .toArray())
                .points(
                        "|dL/dw|, measured",
                        s,
                        points.stream()
                                .mapToDouble(p -> p.gradient() / first.gradient())
                                .toArray())
                .line("s, as it would be without batch normalization", s, s);
    }
}
