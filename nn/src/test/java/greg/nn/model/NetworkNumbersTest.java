package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.nn.NnModule;
import greg.nn.Parameter;
import greg.tensor.Backprop;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small members of each family against torchvision 0.14 in float64: networks.txt in this package's test resources, printed
 * by networks.py beside it. PyTorch's own float32 run is off by at most 7.6e-6 of a gradient's norm and 2.8e-6 of the largest logit
 * there.
 */
class NetworkNumbersTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";
    private static final double LOGITS = 2e-5;
    /** Of a gradient's norm. */
    private static final double GRADIENT = 1e-4;
    /** For gradients that are zero but for rounding: of biases before a normalization. */
    private static final double ZERO = 2e-6;

    private static final int PROJECTIONS = 4;

    @ParameterizedTest
    @MethodSource(DEVICES)
    void basicBlocks(String kind) {
        train(kind, "basic", new ResNet(open(kind), new int[] {1, 1, 1, 1}, false, 3, 64, 10), 33, 3038);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void bottlenecks(String kind) {
        train(kind, "bottleneck", new ResNet(open(kind), new int[] {1, 1, 1, 1}, true, 3, 64, 10), 33, 3010);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void mobileNetV2(String kind) {
        int[][] settings = {{1, 8, 1, 1}, {6, 16, 2, 2}, {4, 24, 2, 2}};
        NnModule net = new MobileNetV2(open(kind), settings, 32, 1280, 3, 10);
        net.children().get("classifier").eval(); // no dropout
        train(kind, "mobilenet", net, 32, 3015);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void wideResNet(String kind) {
        train(kind, "wide", new WideResNet(open(kind), 16, 1, 3, 10), 12, 3030);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void resNet18(String kind) {
        evaluate("resnet18", new ResNet(open(kind), 18, 3, 10), Shape.of(1, 3, 64, 64));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void vgg(String kind) {
        int[] cfg = {8, Vgg.POOL, 12, 16, Vgg.POOL};
        evaluate("vgg", new ImageNetVgg(open(kind), cfg, false, 3, 13, 5, 20), Shape.of(2, 3, 13, 13));
        evaluate("vgg_bn", new ImageNetVgg(open(kind), cfg, true, 3, 13, 5, 20), Shape.of(2, 3, 13, 13));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void alexNet(String kind) {
        evaluate("alexnet", new AlexNet(open(kind), 3, 32, 10), Shape.of(2, 3, 32, 32));
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void mlp(String kind) {
        evaluate("mlp", new Mlp(open(kind), 7, false, 1, 28, 10), Shape.of(2, 1, 28, 28));
    }

    private static Backend open(String kind) {
        return BackendsUnderTest.open(kind);
    }

    private static void train(String kind, String title, NnModule network, int size, int images) {
        Backend backend = open(kind);
        Map<String, double[]> expected = read(title);
        try (NnModule net = network;
                Scope scope = Scope.open()) {
            fill(net);
            int[] classes = new int[4];
            for (int i = 0; i < 4; i++) classes[i] = Integer.remainderUnsigned(HashedNumbers.hash(1001, i), 10);
            Tensor labels = scope.own(Tensor.ofInts(backend, Shape.of(4), classes));
            Tensor metrics = scope.own(Tensor.full(backend, Shape.of(3), 0));
            Tensor logits = net.forward(images(scope, backend, Shape.of(4, 3, size, size), images));
            Tensor loss = CrossEntropyOp.apply(logits, labels, metrics);
            Backprop.run(loss);
            checkLogits(expected, logits);
            Compare.close("loss", floats(expected.remove("loss")), loss.toHost(), 0, LOGITS);
            net.parameters()
                    .forEach((name, p) -> checkGradient(
                            name, expected.remove(name), p.tensor().gradientToHost()));
            assertTrue(expected.isEmpty(), "PyTorch has " + expected.keySet() + " besides");
        }
    }

    @SuppressWarnings("try")
    private static void evaluate(String title, NnModule network, Shape shape) {
        Map<String, double[]> expected = read(title);
        try (NnModule net = network;
                NoGrad off = NoGrad.begin();
                Scope scope = Scope.open()) {
            fill(net);
            net.eval();
            checkLogits(expected, net.forward(images(scope, net.backend(), shape, 1000)));
        }
    }

    private static Tensor images(Scope scope, Backend backend, Shape shape, int stream) {
        return scope.own(Tensor.of(backend, shape, HashedNumbers.between(stream, (int) shape.size(), -1.75f, 1.75f)));
    }

    private static void checkLogits(Map<String, double[]> expected, Tensor logits) {
        float[] numbers = floats(expected.remove("logits"));
        float largest = 0;
        for (float v : numbers) largest = Math.max(largest, Math.abs(v));
        Compare.close("logits", numbers, logits.toHost(), LOGITS * largest, LOGITS);
    }

    private static void checkGradient(String name, double[] expected, float[] g) {
        double[] actual = new double[1 + PROJECTIONS];
        for (int i = 0; i < g.length; i++) {
            actual[0] += (double) g[i] * g[i];
            int bits = HashedNumbers.hash(2000, i);
            for (int j = 0; j < PROJECTIONS; j++) actual[1 + j] += (bits >>> j & 1) == 0 ? g[i] : -g[i];
        }
        actual[0] = Math.sqrt(actual[0]);
        assertEquals(expected.length, actual.length, name);
        for (int j = 0; j < actual.length; j++) {
            assertEquals(expected[j], actual[j], ZERO + GRADIENT * expected[0], name + " [" + j + "]");
        }
    }

    private static void fill(NnModule net) {
        int k = 0;
        for (Map.Entry<String, Parameter> entry : net.parameters().entrySet()) {
            Tensor p = entry.getValue().tensor();
            int n = (int) p.shape().size();
            float bound = (float) Math.sqrt(6.0 / (n / p.shape().dim(0)));
            if (p.shape().rank() > 1) p.set(HashedNumbers.between(k, n, -bound, bound));
            else if (entry.getKey().endsWith("weight")) p.set(HashedNumbers.between(k, n, 0.5f, 1.5f));
            else p.set(HashedNumbers.between(k, n, -0.25f, 0.25f));
            k++;
        }
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) out[i] = (float) values[i];
        return out;
    }

    private static Map<String, double[]> read(String title) {
        Map<String, double[]> numbers = new LinkedHashMap<>();
        try (InputStream in = NetworkNumbersTest.class.getResourceAsStream("networks.txt");
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] words = line.split(" ");
                if (!words[0].equals(title)) continue;
                numbers.put(
                        words[1],
                        Arrays.stream(words)
                                .skip(2)
                                .mapToDouble(Double::parseDouble)
                                .toArray());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return numbers;
    }
}
