package greg.nn.init;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.model.Networks;
import greg.nn.model.Vgg;
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
            Initializer.initialize(net, Scheme.KAIMING_NORMAL_ZERO_BIAS, 3);
            StateDict s = StateDict.of(net);
            normal(s.get("features.4.weight").values(), Math.sqrt(2 / (16 * 9.0)));
            assertArrayEquals(new float[10], s.get("classifier.bias").values());
            Initializer.initialize(net, Scheme.KAIMING_NORMAL_FAN_OUT, 3);
            StateDict fanOut = StateDict.of(net);
            normal(fanOut.get("features.4.weight").values(), Math.sqrt(2 / (32 * 9.0)));
            uniform(fanOut.get("classifier.weight").values(), 1 / Math.sqrt(32));
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
