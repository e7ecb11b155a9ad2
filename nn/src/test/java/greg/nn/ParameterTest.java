package greg.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.SgdSpec;
import greg.nn.layer.Linear;
import greg.nn.optim.Adam;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ParameterTest {
    private static final float[] KEEP = {1, 0, 1, 1, 0, 1};

    private static Linear linear(Backend backend) {
        Linear linear = new Linear(backend, 3, 2, true);
        linear.weight().tensor().set(1, 2, 3, 4, 5, 6);
        return linear;
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aMaskHoldsElementsAtZero(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Linear linear = linear(backend)) {
            linear.weight().mask(KEEP);
            assertArrayEquals(
                    new float[] {1, 0, 3, 4, 0, 6}, linear.weight().tensor().toHost());
            StateDict state = StateDict.of(linear);
            assertEquals(List.of("weight", "bias"), List.copyOf(state.names()), "a mask is not part of the state");
            state.put("weight", Shape.of(2, 3), 6, 5, 4, 3, 2, 1);
            state.loadInto(linear);
            assertArrayEquals(
                    new float[] {6, 0, 4, 3, 0, 1}, linear.weight().tensor().toHost(), "what is loaded is masked");
            state.put("weight", Shape.of(2, 3), 6, -0f, 4, 3, Float.NaN, 1);
            state.loadInto(linear, true);
            float[] loaded = linear.weight().tensor().toHost();
            assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(loaded[1]), "-0 is zero, with its sign");
            assertEquals(0, loaded[4]);
            linear.weight().mask(1, 1, 0, 1, 1, 1);
            assertArrayEquals(
                    new float[] {6, -0f, 0, 3, 0, 1}, linear.weight().tensor().toHost());
            assertArrayEquals(
                    new float[] {1, 1, 0, 1, 1, 1}, linear.weight().mask().toHost());
            assertThrows(IllegalArgumentException.class, () -> linear.weight().mask(1, 0));
            Tensor other = Tensor.parameter(backend, Shape.of(1, 3), new float[3]);
            assertThrows(IllegalStateException.class, () -> linear.weight().replace(other));
            other.close();
        }
    }

    /** Every optimizer keeps the zeros, whatever its gradients and averages are, and whether or not it was there before them. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void optimizersKeepTheZeros(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        List<Function<NnModule, Optimizer>> optimizers = List.of(
                net -> new Sgd(net, 0.9f, 0.1f),
                net -> new Sgd(net, new SgdSpec(0.9f, 0.1f, true, false)),
                net -> new Adam(net, AdamSpec.standard(0.1)));
        for (Function<NnModule, Optimizer> kindOf : optimizers) {
            try (Linear linear = linear(backend);
                    Optimizer earlier = kindOf.apply(linear)) {
                linear.weight().mask(KEEP);
                try (Optimizer optimizer = kindOf.apply(linear)) {
                    optimizer.learningRate(0.1f);
                    for (int i = 0; i < 3; i++) step(linear, optimizer);
                    float[] after = linear.weight().tensor().toHost();
                    float[] before = {1, 0, 3, 4, 0, 6};
                    for (int e = 0; e < after.length; e++) {
                        assertEquals(KEEP[e] == 0, after[e] == 0, "element " + e);
                        assertTrue(KEEP[e] == 0 || after[e] != before[e], "element " + e + " moves");
                    }
                }
                earlier.learningRate(0.1f);
                step(linear, earlier);
                float[] after = linear.weight().tensor().toHost();
                for (int e = 0; e < after.length; e++) assertEquals(KEEP[e] == 0, after[e] == 0, "element " + e);
            }
        }
    }

    private static void step(Linear linear, Optimizer optimizer) {
        Backend backend = linear.backend();
        try (Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.of(backend, Shape.of(2, 3), 1, 2, -1, 0.5f, -3, 2));
            Tensor labels = scope.own(Tensor.ofInts(backend, Shape.of(2), 0, 1));
            Tensor metrics = scope.own(Tensor.full(backend, Shape.of(3), 0));
            Backprop.run(CrossEntropyOp.apply(linear.forward(x), labels, metrics));
            optimizer.step();
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void masksAreFreedWithTheModule(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long before = backend.memory().liveBytes();
        try (Linear linear = linear(backend);
                Optimizer sgd = new Sgd(linear, 0.9f, 0)) {
            linear.weight().mask(KEEP);
            long one = backend.memory().liveBytes();
            linear.weight().mask(KEEP);
            assertEquals(one, backend.memory().liveBytes(), "the first is closed");
            try (Optimizer other = new Sgd(linear, 0.9f, 0)) {
                other.learningRate(1);
            }
            assertArrayEquals(KEEP, linear.weight().mask().toHost(), "an optimizer leaves it alone");
            sgd.learningRate(1);
        }
        assertEquals(before, backend.memory().liveBytes());
    }

    @ParameterizedTest
    @CsvSource({
        "layer1.0.conv1.weight,layer1.0.conv1",
        "weight,weight",
        "mix.left,mix.left",
        "lightweight,lightweight",
        "a.overweight,a.overweight"
    })
    void layersAreCalledByTheirModuleOrTheirWeight(String parameter, String layer) {
        assertEquals(layer, Parameter.layerName(parameter));
    }
}
