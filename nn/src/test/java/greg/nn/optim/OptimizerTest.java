package greg.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.nn.layer.Linear;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OptimizerTest {
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aNewMaskTakesThePlaceOfTheOldOne(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long before = backend.memory().liveBytes();
        try (Linear linear = new Linear(backend, 100, 100, false);
                Optimizer sgd = new Sgd(linear, 0.9f, 0)) {
            sgd.mask("weight", Tensor.full(backend, Shape.of(100, 100), 1));
            long one = backend.memory().liveBytes();
            Tensor second = Tensor.full(backend, Shape.of(100, 100), 0);
            sgd.mask("weight", second);
            assertEquals(one, backend.memory().liveBytes(), "the first is closed");
            sgd.mask("weight", second);
            assertEquals(one, backend.memory().liveBytes(), "the same again stays open");
            assertEquals(0, second.toHost()[0]);
        }
        assertEquals(before, backend.memory().liveBytes(), "and the second with the optimiser");
    }
}
