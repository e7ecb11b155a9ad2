package greg.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The masks of a network's dropouts: different in each layer, repeatable, and resumable. */
class DropoutTest {
    private static final int WIDTH = 512;

    private static Sequential net(Backend backend) {
        return new Sequential(
                backend,
                new Dropout(backend, 0.5f),
                new Sequential(backend, new Linear(backend, 2, 2, true), new Dropout(backend, 0.5f)));
    }

    private static List<Dropout> dropouts(NnModule net) {
        List<Dropout> found = new ArrayList<>();
        net.visit((path, m) -> {
            if (m instanceof Dropout d) found.add(d);
        });
        return found;
    }

    private static float[] mask(Dropout dropout) {
        try (Scope scope = Scope.open()) {
            return dropout.forward(scope.own(Tensor.full(dropout.backend(), Shape.of(1, WIDTH), 1)))
                    .toHost();
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aCopyHasTheMasksOfItsSeedAndEachDropoutItsOwn(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (NnModule original = net(backend);
                NnModule copy = net(backend)) {
            Initializer.initialize(original, 7);
            StateDict.of(original).loadInto(copy);
            Initializer.seedDropout(copy, 7);
            float[] first = mask(dropouts(original).get(0));
            float[] second = mask(dropouts(original).get(1));
            assertFalse(Arrays.equals(first, second), "two dropouts of one network");
            assertArrayEquals(first, mask(dropouts(copy).get(0)));
            assertArrayEquals(second, mask(dropouts(copy).get(1)));
            Initializer.seedDropout(copy, 8);
            assertFalse(Arrays.equals(first, mask(dropouts(copy).get(0))), "another seed");
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void theSequenceGoesOnFromSavedSteps(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (NnModule whole = net(backend);
                NnModule resumed = net(backend)) {
            Initializer.seedDropout(whole, 7);
            mask(dropouts(whole).get(0));
            mask(dropouts(whole).get(0));
            mask(dropouts(whole).get(1));
            Initializer.seedDropout(resumed, 7);
            for (int d = 0; d < 2; d++) {
                Dropout before = dropouts(whole).get(d);
                Dropout after = dropouts(resumed).get(d);
                assertEquals(2 - d, before.step());
                assertEquals(before.seed(), after.seed());
                after.step(before.step());
                assertArrayEquals(mask(before), mask(after));
            }
        }
    }
}
