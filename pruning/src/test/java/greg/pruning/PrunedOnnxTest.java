package greg.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import greg.datasets.Dataset;
import greg.datasets.Datasets;
import greg.kernels.Backend;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.layer.BatchNorm2d;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Linear;
import greg.nn.model.Networks;
import greg.nn.onnx.DeployedNetwork;
import greg.nn.onnx.OnnxFile;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.ConcatOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.ReluOp;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pruned networks answer in ONNX Runtime as they do here, on real images. */
class PrunedOnnxTest {
    private static final int IMAGES = 4;

    @TempDir
    Path folder;

    private final Backend backend = Backends.open("cpu");

    @AfterEach
    void close() {
        backend.close();
    }

    @ParameterizedTest
    @CsvSource({
        "resnet20, 28, FILTER",
        "resnet20, 28, WEIGHT",
        "resnet56, 28, FILTER",
        "resnet56, 28, CHANNEL",
        "vgg16, 32, FILTER",
        "mobilenet_v2, 64, FILTER",
        "resnet50, 64, FILTER"
    })
    void knownNetworks(String arch, int side, Granularity granularity) throws Exception {
        try (NnModule network = Networks.create(arch, backend, 3, side, 10)) {
            same(network, side, granularity);
        }
    }

    /** Concatenation, a grouped convolution, and one layer that reads both branches. */
    private static final class Grouped extends NnModule {
        private final Conv2d stem = child("stem", conv(3, 12, 1));
        private final BatchNorm2d norm = child("norm", new BatchNorm2d(backend(), 12));
        private final Conv2d grouped = child("grouped", conv(12, 16, 4));
        private final Conv2d plain = child("plain", conv(12, 8, 1));
        private final Conv2d join = child("join", conv(24, 16, 1));
        private final Linear head = child("head", new Linear(backend(), 16, 10, true));

        Grouped(Backend backend) {
            super(backend);
        }

        private Conv2d conv(int in, int out, int groups) {
            return new Conv2d(
                    backend(), in, out, 3, Conv2dOptions.DEFAULT.padding(1).groups(groups));
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = norm.forwardRelu(stem.forward(x));
            Tensor both = ConcatOp.apply(ReluOp.apply(grouped.forward(y)), ReluOp.apply(plain.forward(y)));
            return head.forward(GlobalAveragePoolOp.apply(ReluOp.apply(join.forward(both))));
        }
    }

    @Test
    void aNetworkOfOnesOwn() throws Exception {
        try (Grouped network = new Grouped(backend)) {
            same(network, 28, Granularity.FILTER);
        }
    }

    private void same(NnModule network, int side, Granularity granularity) throws Exception {
        Initializer.initialize(network, 1);
        float[] images = images(side);
        // statistics of real images, so that activations are of usual size
        for (int i = 0; i < 10; i++) call(network, images, side);
        GregConfig l1 = GregConfig.l1().granularity(granularity).build();
        Pruner.of(network, Shape.of(1, 3, side, side), l1).ratios("0.5").run();
        Path file = folder.resolve("pruned.onnx");
        try (NnModule.Evaluation evaluation = network.evaluating()) {
            float[] ours = call(network, images, side);
            for (boolean fold : new boolean[] {false, true}) {
                OnnxFile.write(file, network, 3, side, side, fold, Map.of());
                try (DeployedNetwork deployed = new DeployedNetwork(file)) {
                    assertArrayEquals(ours, deployed.call(images, IMAGES, 3, side, side), 1e-4f);
                }
            }
        }
    }

    private float[] call(NnModule network, float[] images, int side) {
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            return network.call(scope.own(Tensor.of(backend, Shape.of(IMAGES, 3, side, side), images)))
                    .toHost();
        }
    }

    /** Bundled images, shifted a little from plane to plane, in a frame of zeros or repeated. */
    private static float[] images(int side) {
        Dataset test = Datasets.open(Datasets.DEFAULT, null).test();
        int h = test.shape().height();
        byte[] pixels = new byte[test.shape().bytes()];
        float[] all = new float[IMAGES * 3 * side * side];
        for (int i = 0; i < IMAGES; i++) {
            test.image(i, pixels, 0);
            for (int at = 0; at < 3 * side * side; at++) {
                int row = at / side % side;
                int column = (at % side + at / (side * side)) % side;
                int pixel = pixels[row % h * h + column % h] & 0xFF;
                all[i * 3 * side * side + at] = pixel / 127.5f - 1;
            }
        }
        return all;
    }
}
