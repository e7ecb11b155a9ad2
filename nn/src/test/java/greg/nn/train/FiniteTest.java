package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteTest {
    @ParameterizedTest
    @ValueSource(strings = {"auto", "reference"})
    void namesTheFirstParameterThatIsLost(String device) {
        Backend backend = Backends.open(device, BackendOptions.standard());
        for (float lost : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            try (NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 0)) {
                assertNull(Finite.firstLost(net));
                Tensor weight = net.parameters().get("conv2.weight").tensor();
                float[] values = weight.toHost();
                values[values.length - 1] = lost;
                weight.set(values);
                assertEquals("sum |conv2.weight| is " + lost, Finite.firstLost(net));
            }
        }
    }
}
