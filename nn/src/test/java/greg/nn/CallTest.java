package greg.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.Device;
import greg.kernels.KernelFamilies;
import greg.kernels.Memory;
import greg.kernels.dry.DryBackend;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.layer.Conv2d;
import greg.nn.layer.Sequential;
import greg.nn.model.Networks;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import greg.tensor.op.Conv2dOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a backend is told about a network before it computes. */
class CallTest {
    /** A dry backend that remembers what it was told. */
    private static final class Listening implements Backend {
        final DryBackend dry = new DryBackend();
        final List<List<Integer>> told = new ArrayList<>();

        @Override
        public void expectChannels(int... convInputChannels) {
            told.add(Arrays.stream(convInputChannels).boxed().toList());
        }

        @Override
        public Device device() {
            return dry.device();
        }

        @Override
        public Memory memory() {
            return dry.memory();
        }

        @Override
        public KernelFamilies kernels() {
            return dry.kernels();
        }

        @Override
        public void close() {
            dry.close();
        }
    }

    /** A user's module: two weights of its own, one of them depthwise, and a part that it calls as PyTorch's users do. */
    private static final class Own extends NnModule {
        private final Parameter image;
        private final Parameter depthwise;
        private final Parameter dense;
        private final Conv2d part;

        Own(Backend backend) {
            super(backend);
            image = parameter("kernel", Shape.of(8, 3, 3, 3));
            depthwise = parameter("depthwise", Shape.of(8, 1, 3, 3));
            dense = parameter("dense", Shape.of(24, 8, 1, 1));
            part = child(
                    "part",
                    new Conv2d(
                            backend, 24, 24, 3, Conv2dOptions.DEFAULT.padding(1).groups(2)));
        }

        @Override
        protected int inputChannels(Parameter weight) {
            return weight == depthwise ? 8 : super.inputChannels(weight);
        }

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = Conv2dOp.apply(x, image.tensor(), null, Conv2dOptions.DEFAULT.padding(1));
            y = AddOp.apply(
                    y,
                    Conv2dOp.apply(
                            y,
                            depthwise.tensor(),
                            null,
                            Conv2dOptions.DEFAULT.padding(1).groups(8)));
            return part.call(Conv2dOp.apply(y, dense.tensor(), null, Conv2dOptions.DEFAULT));
        }
    }

    private final Listening backend = new Listening();

    @AfterEach
    void close() {
        backend.close();
    }

    private List<List<Integer>> toldBy(NnModule net, int channels, int size) {
        backend.told.clear();
        try (Scope scope = Scope.open()) {
            net.call(scope.own(Tensor.full(backend, Shape.of(1, channels, size, size), 0)));
        }
        return List.copyOf(backend.told);
    }

    @Test
    void allConvolutionsButTheFirstCount() {
        try (NnModule lenet = Networks.create("lenet5", backend, 3, 32, 10);
                NnModule resnet = Networks.create("resnet20", backend, 3, 32, 10);
                NnModule mlp = Networks.create("mlp_7_relu", backend, 1, 28, 10)) {
            assertEquals(List.of(List.of(6, 16)), toldBy(lenet, 3, 32));
            assertEquals(
                    List.of(List.of(16, 16, 16, 16, 16, 16, 16, 32, 32, 32, 32, 32, 32, 64, 64, 64, 64, 64)),
                    toldBy(resnet, 3, 32));
            assertEquals(List.of(List.of()), toldBy(mlp, 1, 28));
            assertEquals(List.of(List.of(6, 16)), toldBy(lenet, 3, 32), "after another network's turn");
        }
    }

    @Test
    void surgeryIsNoticed() {
        try (NnModule lenet = Networks.create("lenet5", backend, 1, 32, 10)) {
            assertEquals(List.of(List.of(6, 16)), toldBy(lenet, 1, 32));
            lenet.parameters().get("conv1.weight").replace(Tensor.zeroParameter(backend, Shape.of(5, 1, 5, 5)));
            lenet.parameters().get("conv1.bias").replace(Tensor.zeroParameter(backend, Shape.of(5)));
            lenet.parameters().get("conv2.weight").replace(Tensor.zeroParameter(backend, Shape.of(16, 5, 5, 5)));
            assertEquals(List.of(List.of(5, 16)), toldBy(lenet, 1, 32));
        }
        Conv2d depthwise =
                new Conv2d(backend, 8, 8, 3, Conv2dOptions.DEFAULT.padding(1).groups(8), false);
        try (NnModule net =
                new Sequential(backend, new Conv2d(backend, 1, 8, 1, Conv2dOptions.DEFAULT, false), depthwise)) {
            assertEquals(List.of(List.of(8)), toldBy(net, 1, 4));
            net.parameters().get("0.weight").replace(Tensor.zeroParameter(backend, Shape.of(6, 1, 1, 1)));
            depthwise.weight().replace(Tensor.zeroParameter(backend, Shape.of(6, 1, 3, 3)));
            assertEquals(List.of(List.of(6)), toldBy(net, 1, 4));
        }
    }

    @Test
    void weightsThatAModuleOwnsItselfCountAndPartsDoNotSpeakForTheNetwork() {
        try (NnModule net = new Own(backend)) {
            assertEquals(List.of(List.of(8, 8, 24)), toldBy(net, 3, 6));
            assertThrows(IllegalArgumentException.class, () -> toldBy(net, 2, 6));
            assertEquals(List.of(List.of(8, 8, 24)), toldBy(net, 3, 6), "after a call that failed");
        }
    }
}
