package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.nn.Parameter;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A whole training step of ResNet-20 without the update, against PyTorch 1.13 in float64: resnet20-gradient.txt in this
 * package's test resources, printed by resnet20-gradient.py beside it. PyTorch's own float32 run is off by at most 3.4e-6
 * of a gradient's norm there.
 */
class ResNet20GradientTest {
    private static final int BATCH = 4;
    private static final double LOSS = 1e-5;
    /** Of a gradient's norm; thirty times PyTorch's own float32 error, to allow for other orders of addition. */
    private static final double GRADIENT = 1e-4;

    private static final double STATISTICS = 1e-5;
    private static final int PROJECTIONS = 4;
    private static final int SAMPLES = 8;

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void forwardAndBackwardAsInPyTorch(String kind) throws IOException {
        Backend backend = BackendsUnderTest.open(kind);
        Map<String, double[]> expected = read();
        try (CifarResNet net = new CifarResNet(backend, 20, 3, 10);
                Scope scope = Scope.open()) {
            fill(net);
            Shape images = Shape.of(BATCH, 3, 32, 32);
            Tensor x = scope.own(
                    Tensor.of(backend, images, HashedNumbers.between(1000, (int) images.size(), -1.75f, 1.75f)));
            int[] classes = new int[BATCH];
            for (int i = 0; i < BATCH; i++) classes[i] = Integer.remainderUnsigned(HashedNumbers.hash(1001, i), 10);
            Tensor labels = scope.own(Tensor.ofInts(backend, Shape.of(BATCH), classes));
            Tensor metrics = scope.own(Tensor.full(backend, Shape.of(3), 0));

            Tensor logits = net.forward(x);
            Tensor loss = CrossEntropyOp.apply(logits, labels, metrics);
            Backprop.run(loss);

            assertEquals(Shape.of(BATCH, 10), logits.shape());
            Compare.close("logits", floats(expected.remove("logits -")), logits.toHost(), LOSS, LOSS);
            Compare.close("loss", floats(expected.remove("loss -")), loss.toHost(), 0, LOSS);
            checkGradients(net, expected);
            net.buffers().forEach((name, buffer) -> {
                float[] statistics = floats(expected.remove("buffer " + name));
                Compare.close(name, statistics, buffer.tensor().toHost(), STATISTICS, STATISTICS);
            });
            assertTrue(expected.isEmpty(), "PyTorch has " + expected.keySet() + " besides");
        }
    }

    private static void fill(CifarResNet net) {
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

    private static void checkGradients(CifarResNet net, Map<String, double[]> expected) {
        List<String> wrong = new ArrayList<>();
        net.parameters().forEach((name, parameter) -> {
            double[] numbers = expected.remove("gradient " + name);
            double[] actual = summary(parameter.tensor().gradientToHost());
            assertEquals(numbers.length, actual.length, name);
            double allowed = GRADIENT * numbers[0];
            for (int i = 0; i < actual.length; i++) {
                if (!(Math.abs(actual[i] - numbers[i]) <= allowed)) {
                    wrong.add(
                            name + " [" + i + "] expected " + numbers[i] + " got " + actual[i] + " allowed " + allowed);
                }
            }
        });
        assertTrue(wrong.isEmpty(), wrong.size() + " numbers of gradients differ:\n" + String.join("\n", wrong));
    }

    /** Norm, projections on vectors of random signs, elements at equal distances: as the script prints them. */
    private static double[] summary(float[] g) {
        double[] out = new double[1 + PROJECTIONS + SAMPLES];
        for (int i = 0; i < g.length; i++) {
            out[0] += (double) g[i] * g[i];
            int bits = HashedNumbers.hash(2000, i);
            for (int j = 0; j < PROJECTIONS; j++) out[1 + j] += (bits >>> j & 1) == 0 ? g[i] : -g[i];
        }
        out[0] = Math.sqrt(out[0]);
        for (int j = 0; j < SAMPLES; j++) out[1 + PROJECTIONS + j] = g[j * (g.length - 1) / (SAMPLES - 1)];
        return out;
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) out[i] = (float) values[i];
        return out;
    }

    private static Map<String, double[]> read() throws IOException {
        Map<String, double[]> numbers = new LinkedHashMap<>();
        try (InputStream in = ResNet20GradientTest.class.getResourceAsStream("resnet20-gradient.txt");
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] words = line.split(" ");
                double[] values = Arrays.stream(words)
                        .skip(2)
                        .mapToDouble(Double::parseDouble)
                        .toArray();
                numbers.put(words[0] + " " + words[1], values);
            }
        }
        return numbers;
    }
}
