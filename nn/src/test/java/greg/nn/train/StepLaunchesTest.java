package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Precision;
import greg.kernels.cuda.CudaBackend;
import greg.kernels.cuda.KernelTime;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a training step launches on the device: in small batches every launch counts. */
class StepLaunchesTest {
    private static final int BATCH = 4;
    private static final int CLASSES = 10;
    /** Launches of a convolution with what follows it, both ways. */
    private static final int UNIT = 7;

    /** A network, the convolutions in it, and what it launches besides those and their batch normalizations. */
    static Stream<Arguments> networks() {
        return Stream.of(Precision.FP32, Precision.BF16)
                .flatMap(precision -> Stream.of(
                        Arguments.of(precision, "resnet8", 7, 20),
                        Arguments.of(precision, "resnet20", 19, 20),
                        Arguments.of(precision, "vgg11", 8, 24)));
    }

    /**
     * A convolution with batch normalization, ReLU and residual sum is seven: the convolution and its two gradients, and two each way
     * for the rest. Activations keep their layout from the image to the classifier.
     */
    @ParameterizedTest
    @MethodSource("networks")
    void sevenForEachConvolutionAndNoTransposition(Precision precision, String arch, int convolutions, int others) {
        BackendsUnderTest.open("cuda"); // skips the test where there is none
        BackendOptions options = BackendOptions.standard()
                .precision(precision)
                .deterministic(true)
                .graphs(false);
        try (Backend backend = new CudaBackend(options)) {
            Map<String, Integer> launches = launches((CudaBackend) backend, arch);
            int all = launches.values().stream().mapToInt(Integer::intValue).sum();
            assertEquals(convolutions, launches.get("cuDNN forward"), launches.toString());
            assertEquals(convolutions, launches.get("cuDNN backward-weights"), launches.toString());
            for (String kernel : launches.keySet()) {
                assertTrue(!kernel.startsWith("layout"), arch + " rewrites an activation: " + launches);
            }
            // the first convolution has no gradient of its input
            assertEquals(UNIT * convolutions - 1 + others, all, launches.toString());
        }
    }

    /** How often a step launches each kernel, once tables, plans and layouts are there. */
    private static Map<String, Integer> launches(CudaBackend backend, String arch) {
        ImageShape image = new ImageShape(3, 32, 32, CLASSES);
        TrainData data =
                TrainData.of(Synthetic.split(BATCH, 1, image, 1).train(), BATCH).augment(Augmentation.CROP);
        Map<String, Integer> count = new TreeMap<>();
        try (NnModule net = Networks.createInitialized(arch, backend, 3, 32, CLASSES, 1);
                Sgd sgd = new Sgd(net, 0.9f, 5e-4f);
                Metrics metrics = new Metrics(backend);
                TrainStep step = new TrainStep(net, sgd, metrics);
                InputSource inputs = data.open(backend, 0)) {
            net.train(true);
            sgd.learningRate(0.01f);
            for (int i = 0; i < 2; i++) step.run(inputs);
            List<KernelTime> times = backend.profile(() -> step.run(inputs));
            for (KernelTime time : times) count.merge(time.kernel(), 1, Integer::sum);
        }
        return count;
    }
}
