package greg.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import greg.datasets.Dataset;
import greg.datasets.ImageShape;
import greg.datasets.Synthetic;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.dry.DryBackend;
import greg.nn.layer.Linear;
import greg.nn.layer.Sequential;
import greg.nn.model.Vgg;
import greg.nn.train.Evaluator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Modes and modules that stand in several places. */
class NnModuleTest {
    private static Map<String, Boolean> modes(NnModule net) {
        Map<String, Boolean> modes = new LinkedHashMap<>();
        net.visit((path, m) -> modes.put(path, m.isTraining()));
        return modes;
    }

    @Test
    void everyModuleIsInEvaluationUntilTheScopeCloses() {
        try (Backend backend = new DryBackend();
                NnModule net = new Vgg(backend, new int[] {2, 0, 3}, true, 1, 2)) {
            net.children().get("classifier").eval();
            Map<String, Boolean> before = modes(net);
            NnModule.Evaluation scope = net.evaluating();
            modes(net).forEach((path, training) -> assertFalse(training, path));
            try (NnModule.Evaluation inner = net.evaluating()) {
                net.children().get("features").train(true);
            }
            modes(net).forEach((path, training) -> assertFalse(training, path));
            scope.close();
            assertEquals(before, modes(net));
            net.eval();
            scope.close(); // nothing is left to restore
            modes(net).forEach((path, training) -> assertFalse(training, path));
        }
    }

    @Test
    void aModuleThatStandsInTwoPlacesKeepsItsMode() {
        try (Backend backend = new DryBackend()) {
            NnModule shared = new Sequential(backend);
            NnModule net = new Sequential(backend, shared, new Sequential(backend, shared));
            shared.eval();
            Map<String, Boolean> before = modes(net);
            net.evaluating().close();
            assertEquals(before, modes(net));
        }
    }

    @Test
    void itsParametersCountOnceAndAreFreedOnce() {
        try (Backend backend = new DryBackend()) {
            long before = backend.memory().liveBytes();
            NnModule shared = new Linear(backend, 3, 3, true);
            NnModule net = new Sequential(backend, shared, new Linear(backend, 3, 3, false), shared);
            assertEquals(
                    List.of("0.weight", "0.bias", "1.weight"),
                    List.copyOf(net.parameters().keySet()));
            assertEquals(9 + 3 + 9, net.parameterCount());
            net.close();
            assertEquals(before, backend.memory().liveBytes());
            net.close(); // as any AutoCloseable, it may be closed twice
            assertEquals(before, backend.memory().liveBytes());
        }
    }

    @Test
    void theEvaluatorLeavesFrozenLayersFrozen() {
        Dataset data = Synthetic.split(1, 6, new ImageShape(1, 8, 8, 2), 0).test();
        try (Backend backend = Backends.open("reference", BackendOptions.standard());
                NnModule net = new Vgg(backend, new int[] {2, 0, 3}, true, 1, 2)) {
            net.children().get("features").children().get("1").eval();
            Map<String, Boolean> before = modes(net);
            new Evaluator(data, data.normalization(), 4).evaluate(net);
            assertEquals(before, modes(net));
        }
    }
}
