package greg.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.random.Seeds;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.init.Init;
import greg.nn.layer.Dropout;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InitializerTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    private StateDict initialized(String arch, long seed) {
        try (NnModule net = Networks.createInitialized(arch, backend, 3, 32, 10, seed)) {
            return StateDict.of(net);
        }
    }

    /** Mean 0 and the standard deviation within 4 of their standard errors; n counts the values. */
    private static void normal(float[] values, double std) {
        double mean = mean(values, 1);
        double deviation = Math.sqrt(mean(values, 2));
        double n = values.length;
        assertTrue(Math.abs(mean) <= 4 * std / Math.sqrt(n), "mean " + mean);
        assertTrue(Math.abs(deviation - std) <= 4 * std / Math.sqrt(2 * n), "standard deviation " + deviation);
        double kurtosis = mean(values, 4) / Math.pow(std, 4);
        assertTrue(Math.abs(kurtosis - 3) <= 4 * Math.sqrt(96 / n), "kurtosis " + kurtosis + ", 3 for a normal one");
    }

    /** Within the bound, mean 0, variance bound^2 / 3; not needed to be more uniform than that. */
    private static void uniform(float[] values, double bound) {
        for (float v : values) assertTrue(Math.abs(v) <= bound, v + " is outside " + bound);
        double n = values.length;
        assertTrue(Math.abs(mean(values, 1)) <= 4 * bound / Math.sqrt(3 * n));
        assertTrue(Math.abs(mean(values, 2) - bound * bound / 3) <= 4 * bound * bound * Math.sqrt(4 / 45.0 / n));
    }

    private static double mean(float[] values, int power) {
        double sum = 0;
        for (float v : values) sum += Math.pow(v, power);
        return sum / values.length;
    }

    @Test
    void resNetIsKaimingNormal() {
        StateDict s = initialized("resnet20", 1);
        normal(s.get("layer3.1.conv2.weight").values(), Math.sqrt(2 / (64 * 9.0)));
        normal(s.get("layer2.0.conv1.weight").values(), Math.sqrt(2 / (16 * 9.0)));
        normal(s.get("linear.weight").values(), Math.sqrt(2 / 64.0));
        uniform(s.get("linear.bias").values(), 1 / Math.sqrt(64));
        for (String part : new String[] {"weight", "running_var"}) {
            for (float v : s.get("layer1.0.bn1." + part).values()) assertEquals(1, v);
        }
        for (String part : new String[] {"bias", "running_mean"}) {
            for (float v : s.get("layer1.0.bn1." + part).values()) assertEquals(0, v);
        }
    }

    @Test
    void leNetIsUniform() {
        StateDict s = initialized("lenet5", 1);
        uniform(s.get("conv2.weight").values(), 1 / Math.sqrt(6 * 25));
        uniform(s.get("conv3.weight").values(), 1 / Math.sqrt(16 * 25));
        uniform(s.get("conv3.bias").values(), 1 / Math.sqrt(16 * 25));
        uniform(s.get("fc1.weight").values(), 1 / Math.sqrt(120));
    }

    @Test
    void vggsBiasIsZero() {
        try (NnModule net = new Vgg(backend, new int[] {16, 0, 32}, true, 3, 10)) {
            Initializer.initialize(net, 3);
            StateDict s = StateDict.of(net);
            normal(s.get("features.4.weight").values(), Math.sqrt(2 / (16 * 9.0)));
            normal(s.get("classifier.weight").values(), Math.sqrt(2 / 32.0));
            assertArrayEquals(new float[10], s.get("classifier.bias").values());
        }
        try (NnModule net = new Vgg(backend, new int[] {16, 0, 32}, false, 3, 10)) {
            Initializer.initialize(net, 3);
            assertArrayEquals(
                    new float[32], StateDict.of(net).get("features.3.bias").values());
        }
    }

    /** ResNets for ImageNet, Wide ResNets and MobileNet: convolutions by the fan-out, Linears as PyTorch's. */
    @Test
    void fanOut() {
        StateDict wide = initialized("wrn_16_4", 1);
        normal(wide.get("block2.layer.0.conv1.weight").values(), Math.sqrt(2 / (128 * 9.0)));
        normal(wide.get("block2.layer.0.convShortcut.weight").values(), Math.sqrt(2 / 128.0));
        uniform(wide.get("fc.weight").values(), 1 / Math.sqrt(256));
        uniform(wide.get("fc.bias").values(), 1 / Math.sqrt(256));
        StateDict resnet = initialized("resnet18", 1);
        normal(resnet.get("conv1.weight").values(), Math.sqrt(2 / (64 * 49.0)));
        normal(resnet.get("layer2.0.downsample.0.weight").values(), Math.sqrt(2 / 128.0));
        StateDict mobile = initialized("mobilenet_v2", 1);
        normal(mobile.get("features.18.0.weight").values(), Math.sqrt(2 / 1280.0));
        // a depthwise convolution's fan-out is counted over all channels, as by torch.nn.init
        normal(mobile.get("features.17.conv.1.0.weight").values(), Math.sqrt(2 / (960 * 9.0)));
        uniform(mobile.get("classifier.1.weight").values(), 1 / Math.sqrt(1280));
    }

    /** A user's network: names of its own, two weights in a module, one with an Init of the user's choice. */
    private static final class Own extends NnModule {
        Own(Backend backend) {
            super(backend);
            parameter("left", Shape.of(40, 30));
            parameter("right", Shape.of(20, 10, 3, 3));
            parameter("offset", Shape.of(5));
            parameter("scale", Shape.of(5), Init.ONE);
            parameter("rotation", Shape.of(6, 2, 3), Init.ORTHOGONAL);
            buffer("average", Shape.of(3), 0.25f);
            child("dropout", new Dropout(backend, 0.5f));
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }

        Parameter twice() {
            return parameter("left", Shape.of(2));
        }
    }

    @Test
    void aNetworkOfTheUsersIsInitialisedWithoutAScheme() {
        try (Own net = new Own(backend)) {
            net.buffers().get("average").tensor().set(7, 8, 9);
            Initializer.initialize(net, 5);
            StateDict s = StateDict.of(net);
            uniform(s.get("left").values(), 1 / Math.sqrt(30));
            uniform(s.get("right").values(), 1 / Math.sqrt(90));
            assertArrayEquals(new float[5], s.get("offset").values());
            assertArrayEquals(new float[] {1, 1, 1, 1, 1}, s.get("scale").values());
            assertArrayEquals(
                    new float[] {0.25f, 0.25f, 0.25f}, s.get("average").values());
            float[] rotation = s.get("rotation").values();
            for (int i = 0; i < 6; i++) {
                for (int j = 0; j < 6; j++) {
                    double dot = 0;
                    for (int k = 0; k < 6; k++) dot += rotation[6 * i + k] * rotation[6 * j + k];
                    assertEquals(i == j ? 1 : 0, dot, 1e-6);
                }
            }
            Dropout dropout = (Dropout) net.children().get("dropout");
            assertEquals(Seeds.stream(5, "dropout.dropout"), dropout.seed());
            net.parameters().get("scale").init(Init.constant(3));
            Initializer.initialize(net, 5);
            assertArrayEquals(
                    new float[] {3, 3, 3, 3, 3}, StateDict.of(net).get("scale").values());
            assertArrayEquals(
                    s.get("left").values(), StateDict.of(net).get("left").values());
            net.parameters().get("scale").init(Init.UNIFORM);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> Initializer.initialize(net, 5))
                    .getMessage()
                    .contains("init: expected a weight of at least 2 dimensions"));
            assertThrows(IllegalArgumentException.class, net::twice);
        }
    }

    /** The fan-in of a bias is that of its layer's weight after surgery. */
    @Test
    void aBiasFollowsItsWeight() {
        try (NnModule net = new Linear(backend, 10_000, 50, true)) {
            net.parameters().get("weight").replace(Tensor.zeroParameter(backend, Shape.of(50, 4)));
            Initializer.initialize(net, 1);
            uniform(StateDict.of(net).get("bias").values(), 0.5);
            uniform(StateDict.of(net).get("weight").values(), 0.5);
        }
    }

    @Test
    void dependsOnSeedAndNameOnly() {
        StateDict small = initialized("resnet20", 7);
        StateDict large = initialized("resnet32", 7);
        for (String name : new String[] {"conv1.weight", "layer3.0.conv1.weight", "linear.bias"}) {
            assertArrayEquals(small.get(name).values(), large.get(name).values(), name);
        }
        assertArrayEquals(
                small.get("conv1.weight").values(),
                initialized("resnet20", 7).get("conv1.weight").values());
        assertFalse(Arrays.equals(
                small.get("conv1.weight").values(),
                initialized("resnet20", 8).get("conv1.weight").values()));
        assertFalse(Arrays.equals(
                small.get("layer1.0.conv1.weight").values(),
                small.get("layer1.0.conv2.weight").values()));
    }
}
