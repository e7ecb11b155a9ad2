package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A training step with activations in bfloat16 on the CPU beside the same in float32: other roundings, the same direction. PyTorch's
 * autocast keeps a cosine of 0.996 between the two gradients of a ResNet-8 on random images, and 0.97 to 1 in each of its
 * parameters.
 */
class Bfloat16StepTest {
    private static final int BATCH = 16;
    private static final int SIZE = 32;
    private static final int CLASSES = 10;
    private static final double LOSS = 0.02;
    /** Of the whole gradient. */
    private static final double COSINE = 0.99;
    /** Of a parameter's: the first layers' have gone through the roundings of all others. */
    private static final double PARAMETER = 0.95;

    /** Residual blocks with batch normalization; a bias in every convolution, maxima and fully connected layers. */
    static Stream<String> networks() {
        return Stream.of("resnet8", "vgg11_nobn");
    }

    /** Loss and gradients of one step. */
    private record Step(float loss, Map<String, float[]> gradients) {}

    private static Step step(Backend backend, String arch) {
        try (NnModule net = Networks.create(arch, backend, 3, SIZE, CLASSES);
                Scope scope = Scope.open()) {
            Initializer.initialize(net, 1);
            net.train(true);
            Shape shape = Shape.of(BATCH, 3, SIZE, SIZE);
            Tensor x = scope.own(
                    Tensor.of(backend, shape, HashedNumbers.between(1000, (int) shape.size(), -1.75f, 1.75f)));
            int[] classes = new int[BATCH];
            for (int i = 0; i < BATCH; i++)
                classes[i] = Integer.remainderUnsigned(HashedNumbers.hash(1001, i), CLASSES);
            Tensor labels = scope.own(Tensor.ofInts(backend, Shape.of(BATCH), classes));
            Tensor loss = CrossEntropyOp.apply(net.call(x), labels, scope.own(Tensor.full(backend, Shape.of(3), 0)));
            Backprop.run(loss);
            Map<String, float[]> gradients = new LinkedHashMap<>();
            net.parameters()
                    .forEach((name, parameter) ->
                            gradients.put(name, parameter.tensor().gradientToHost()));
            return new Step(loss.item(), gradients);
        }
    }

    private static double product(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (double) a[i] * b[i];
        return sum;
    }

    @ParameterizedTest
    @MethodSource("networks")
    void lossAndGradientsFollowFloat32(String arch) {
        Step half = step(BackendsUnderTest.cpuInBfloat16(), arch);
        Step single = step(BackendsUnderTest.open("cpu"), arch);
        assertNotEquals(single.loss, half.loss, "another precision");
        assertEquals(single.loss, half.loss, LOSS, arch);
        double[] all = new double[3];
        single.gradients.forEach((name, s) -> {
            float[] h = half.gradients.get(name);
            double[] products = {product(s, h), product(s, s), product(h, h)};
            for (int i = 0; i < 3; i++) all[i] += products[i];
            double cosine = products[0] / Math.sqrt(products[1] * products[2]);
            assertTrue(cosine > PARAMETER, arch + " " + name + ": cosine " + cosine);
        });
        double cosine = all[0] / Math.sqrt(all[1] * all[2]);
        assertTrue(cosine > COSINE, arch + ": cosine " + cosine);
    }
}
