package greg.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import greg.nn.Initializer;
import greg.nn.StateDict;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.tensor.Backprop;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several weights share the arrays of their penalties, each with its own groups in them. */
class PenaltiesTest {
    private static final String FIRST = "0.weight";
    private static final String SECOND = "1.weight";
    /** Rows of the first weight (5, 3), columns of the second (2, 5). */
    private static final Map<String, GroupIndex> GROUPS =
            Map.of(FIRST, new GroupIndex(5, 3), SECOND, new GroupIndex(5, 1));

    private static Sequential network(Backend backend) {
        Sequential net = new Sequential(backend, new Linear(backend, 3, 5, true), new Linear(backend, 5, 2, true));
        Initializer.initialize(net, 1);
        return net;
    }

    /** Only the penalty moves penalised weights, so that the step is w - rate lambda w. */
    private static Sgd optimizer(Sequential net) {
        Sgd sgd = new Sgd(net, new SgdSpec(0, 0, false, true));
        sgd.learningRate(0.5f);
        return sgd;
    }

    private static void step(Sequential net, Optimizer sgd) {
        try (Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.of(net.backend(), Shape.of(1, 3), 1, 2, -1));
            Tensor labels = scope.own(Tensor.ofInts(net.backend(), Shape.of(1), 1));
            Tensor metrics = scope.own(Tensor.full(net.backend(), Shape.of(3), 0));
            Backprop.run(CrossEntropyOp.apply(net.forward(x), labels, metrics));
            sgd.step();
        }
    }

    private static float[] weight(Sequential net, String name) {
        return net.parameters().get(name).tensor().toHost();
    }

    private static void check(Sequential net, Penalties penalties, Map<String, float[]> before) {
        before.forEach((name, w) -> {
            GroupIndex groups = GROUPS.get(name);
            float[] lambda = penalties.lambda().get(name);
            float[] sums = new float[groups.count()];
            for (int i = 0; i < w.length; i++) {
                w[i] = Math.fma(-0.5f, lambda[groups.of(i)] * w[i], w[i]);
                sums[groups.of(i)] += Math.abs(w[i]);
            }
            Compare.identical(name, w, weight(net, name));
            Compare.close(name + " l1", sums, penalties.l1().get(name), 0, 1e-6);
        });
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void eachWeightHasItsOwn(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        Storage[] arrays = new Storage[2];
        try (Sequential net = network(backend);
                Sgd sgd = optimizer(net)) {
            Penalties penalties = sgd.penalize(GROUPS);
            arrays[0] = penalties.lambdaTensor().storage();
            arrays[1] = penalties.l1Tensor().storage();
            sgd.measureGroups();
            Map<String, float[]> before = Map.of(FIRST, weight(net, FIRST), SECOND, weight(net, SECOND));
            check(net, penalties, before);
            penalties.lambda(Map.of(FIRST, new float[] {1, .5f, 0, .25f, 2}, SECOND, new float[] {0, 1, 0, 3, 0}));
            step(net, sgd);
            check(net, penalties, before);
            long version = penalties.lambdaTensor().storage().version();
            penalties.lambda(Map.of(SECOND, new float[] {.1f, .2f, .3f, .4f, .5f}));
            step(net, sgd);
            check(net, penalties, before);
            assertArrayEquals(
                    new float[] {1, .5f, 0, .25f, 2}, penalties.lambda().get(FIRST), "left alone");
            penalties.lambda(Map.of(FIRST, new float[5], SECOND, new float[5]));
            assertEquals(version + 2, penalties.lambdaTensor().storage().version(), "one transfer for all");
        }
        for (Storage array : arrays) assertFalse(array.live(), "closed by the optimizer");
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aCheckpointHasThemByName(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Sequential net = network(backend);
                Sgd sgd = optimizer(net);
                Sgd other = optimizer(net)) {
            sgd.penalize(GROUPS)
                    .lambda(Map.of(FIRST, new float[] {1, 2, 3, 4, 5}, SECOND, new float[] {6, 7, 8, 9, 10}));
            sgd.measureGroups();
            StateDict saved = sgd.save();
            assertArrayEquals(
                    new float[] {6, 7, 8, 9, 10}, saved.get("lambda." + SECOND).values());
            assertThrows(IllegalArgumentException.class, () -> other.load(saved), "has no penalties");
            Penalties penalties = other.penalize(GROUPS);
            other.load(saved);
            assertEquals(saved.checksum(), other.save().checksum());
            assertArrayEquals(new float[] {1, 2, 3, 4, 5}, penalties.lambda().get(FIRST));
            for (String name : List.of(FIRST, SECOND)) {
                assertArrayEquals(
                        saved.get("l1." + name).values(), penalties.l1().get(name), name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void whatIsNotThereIsRefused(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Sequential net = network(backend);
                Sgd sgd = optimizer(net)) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> sgd.penalize(Map.of("2.weight", new GroupIndex(1, 1))))
                    .getMessage();
            assertTrue(message.contains("no parameter is named '2.weight'"), message);
            assertThrows(IllegalArgumentException.class, () -> sgd.penalize(Map.of()));
            Penalties penalties = sgd.penalize(Map.of(FIRST, new GroupIndex(5, 3)));
            message = assertThrows(IllegalArgumentException.class, () -> penalties.lambda(Map.of(SECOND, new float[5])))
                    .getMessage();
            assertTrue(message.contains("no penalty on it"), message);
            message = assertThrows(IllegalArgumentException.class, () -> penalties.lambda(Map.of(FIRST, new float[4])))
                    .getMessage();
            assertTrue(message.contains("5 groups of 0.weight, got 4"), message);
            assertArrayEquals(new float[5], penalties.lambda().get(FIRST));
        }
    }
}
