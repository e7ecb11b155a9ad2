package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworksTest {
    private final Backend backend = new DryBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    static List<String> names() {
        return Networks.names();
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet5", "resnet20", "vgg11", "mlp_7_relu", "wrn_16_4"})
    @SuppressWarnings("try")
    void imagesOfTheMnistFamilyFit(String arch) {
        try (NnModule net = Networks.create(arch, backend, 1, 28, 7);
                NoGrad off = NoGrad.begin();
                Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.full(backend, Shape.of(2, 1, 28, 28), 1));
            assertEquals(Shape.of(2, 7), net.forward(x).shape());
        }
    }

    /** The height and width that the error message names. */
    private int smallest(String arch) {
        String message = assertThrows(IllegalArgumentException.class, () -> Networks.create(arch, backend, 3, 0, 2))
                .getMessage();
        return Integer.parseInt(message.replaceAll(".*at least (\\d+)x.*", "$1"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyArchitectureMapsItsSmallestImagesToLogits(String arch) {
        int size = smallest(arch);
        try (NnModule net = Networks.create(arch, backend, 3, size, 2);
                Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.full(backend, Shape.of(2, 3, size, size), 1));
            assertEquals(Shape.of(2, 2), net.forward(x).shape());
        }
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Networks.create(arch, backend, 3, size - 1, 2))
                .getMessage();
        assertTrue(message.contains("at least " + size + "x" + size), message);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Networks.create("resnet65", backend, 3, 32, 10))
                .getMessage();
        assertTrue(message.startsWith("unknown architecture 'resnet65'; known are "), message);
        assertTrue(message.contains(String.join(", ", Networks.names())), message);
    }

    /** Names and shapes of the reference implementation's LeNet5 and vgg11 and of the common CIFAR ResNet checkpoints. */
    @Test
    void namesAreThoseOfTheCheckpoints() {
        try (NnModule lenet = Networks.create("lenet5", backend, 1, 32, 10);
                NnModule vgg = Networks.create("vgg11", backend, 3, 32, 10);
                NnModule plain = Networks.create("vgg11_nobn", backend, 3, 32, 10);
                NnModule resnet = Networks.create("resnet20", backend, 3, 32, 10)) {
            StateDict l = StateDict.of(lenet);
            assertEquals(
                    "[conv1.weight, conv1.bias, conv2.weight, conv2.bias, conv3.weight, conv3.bias, fc1.weight, fc1.bias,"
                            + " fc2.weight, fc2.bias]",
                    l.names().toString());
            assertEquals(Shape.of(84, 120), l.get("fc1.weight").shape());
            StateDict v = StateDict.of(vgg);
            assertEquals(8 * 5 + 2, v.names().size());
            int[] convs = {0, 4, 8, 11, 15, 18, 22, 25};
            int[] widths = {64, 128, 256, 256, 512, 512, 512, 512};
            for (int i = 0; i < convs.length; i++) {
                int in = i == 0 ? 3 : widths[i - 1];
                assertEquals(
                        Shape.of(widths[i], in, 3, 3),
                        v.get("features." + convs[i] + ".weight").shape());
                assertEquals(
                        Shape.of(widths[i]),
                        v.get("features." + (convs[i] + 1) + ".running_var").shape());
            }
            assertEquals(Shape.of(10, 512), v.get("classifier.weight").shape());
            assertTrue(StateDict.of(plain).contains("features.18.bias"), "the last of plain VGG-11");
            StateDict r = StateDict.of(resnet);
            assertEquals(19 * 5 + 2, r.names().size());
            assertEquals(Shape.of(64, 32, 3, 3), r.get("layer3.0.conv1.weight").shape());
            assertEquals(Shape.of(10, 64), r.get("linear.weight").shape());
        }
    }

    @Test
    void wrongConfigurationsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Vgg.standard(12));
        assertThrows(IllegalArgumentException.class, () -> new Vgg(backend, new int[] {8, -1}, true, 3, 10));
        assertThrows(IllegalArgumentException.class, () -> new LeNet5(backend, 1, 30, 10));
        assertThrows(IllegalArgumentException.class, () -> new CifarResNet(backend, 21, 3, 10));
        assertThrows(IllegalArgumentException.class, () -> new ResNet(backend, 20, 3, 10));
        assertThrows(IllegalArgumentException.class, () -> new WideResNet(backend, 20, 2, 3, 10));
        assertThrows(IllegalArgumentException.class, () -> Networks.create("vgg16", backend, 3, 256, 10));
        assertThrows(IllegalArgumentException.class, () -> Networks.create("alexnet", backend, 3, 300, 10));
    }
}
