package greg.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values are those that the script in {@code TorchStepTest} makes with numpy and PyTorch 1.13. */
class TrainStepWorkloadTest {
    @ParameterizedTest
    @CsvSource({"resnet20, 269722", "resnet56, 853018"}) // sum(p.numel() for p in net.parameters())
    void countsTheParametersThatPyTorchCounts(String arch, int expected) {
        TrainStepWorkload work = TrainStepWorkload.of(arch, 1);
        assertEquals(
                expected,
                work.parameters().values().stream().mapToInt(v -> v.length).sum());
    }

    @Test
    void namesParametersInPyTorchsOrder() {
        List<String> names =
                List.copyOf(TrainStepWorkload.of("resnet20", 1).shapes().keySet());
        assertEquals(
                List.of(
                        "conv1.weight",
                        "bn1.weight",
                        "bn1.bias",
                        "layer1.0.conv1.weight",
                        "layer1.0.bn1.weight",
                        "layer1.0.bn1.bias",
                        "layer1.0.conv2.weight",
                        "layer1.0.bn2.weight"),
                names.subList(0, 8));
        assertEquals(List.of("linear.weight", "linear.bias"), names.subList(names.size() - 2, names.size()));
    }

    @Test
    void makesTheBatchThatNumpyMakes() {
        TrainStepWorkload work = TrainStepWorkload.of("resnet20", 8);
        float[] images = work.images();
        assertEquals(8 * 3 * 32 * 32, images.length);
        assertEquals(1.3278275728225708f, images[0]); // x.flatten()[:2]
        assertEquals(-0.23719406127929688f, images[1]);
        assertEquals(-0.8135074973106384f, images[images.length - 1]); // x[7, 2, 31, 31]
        assertArrayEquals(new int[] {4, 5, 9, 2, 7, 9, 1, 6}, work.labels()); // y
    }

    @Test
    void imagesAndWeightsHaveTheVarianceTheyClaim() {
        TrainStepWorkload work = TrainStepWorkload.of("resnet20", 16);
        assertEquals(1, variance(work.images()), 0.02);
        // 64 x 64 x 3 x 3: He et al. ask for 2 / fan-in
        assertEquals(2.0 / 576, variance(work.parameters().get("layer3.1.conv1.weight")), 0.1 / 576);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet18", "resnet2", "vgg19", "resnet", "resnet99999"})
    void refusesWhatIsNoCifarResNet(String arch) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> TrainStepWorkload.of(arch, 128));
        assertTrue(e.getMessage().startsWith("workload: "), e.getMessage());
    }

    @Test
    void refusesAnEmptyBatch() {
        assertThrows(IllegalArgumentException.class, () -> TrainStepWorkload.of("resnet20", 0));
    }

    private static double variance(float[] values) {
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        double mean = Arrays.stream(wide).average().orElseThrow();
        return Arrays.stream(wide).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    }
}
