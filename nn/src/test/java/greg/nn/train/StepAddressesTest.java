package greg.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.spec.AdamSpec;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.optim.Adam;
import greg.nn.optim.Optimizer;
import greg.nn.optim.Sgd;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A step calls the same kernels with the same addresses as the one before: a recorded step, and tables of pointers, rely on it. */
class StepAddressesTest {
    private static final int LARGE = 224;

    static Stream<Arguments> everyArchitecture() {
        Stream<Arguments> small = Networks.names().stream().map(arch -> Arguments.of(arch, smallest(arch)));
        return Stream.concat(small, Stream.of(Arguments.of("vgg16", LARGE), Arguments.of("resnet50", LARGE)));
    }

    private static int smallest(String arch) {
        for (int size = 1; ; size++) {
            try (AddressLog log = new AddressLog(false);
                    NnModule network = Networks.create(arch, log, 3, size, 10)) {
                return size;
            } catch (IllegalArgumentException tooSmall) {
                assertTrue(size < LARGE, tooSmall.getMessage());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("everyArchitecture")
    void stepsRepeatTheirAddresses(String arch, int size) {
        for (boolean accumulates : new boolean[] {false, true}) {
            try (AddressLog log = new AddressLog(accumulates);
                    NnModule network = Networks.create(arch, log, 3, size, 10);
                    Optimizer sgd = new Sgd(network, 0.9f, 0)) {
                check(log, network, sgd, size);
            }
            try (AddressLog log = new AddressLog(accumulates);
                    NnModule network = Networks.create(arch, log, 3, size, 10);
                    Optimizer adam = new Adam(network, AdamSpec.standard(0))) {
                check(log, network, adam, size);
            }
        }
    }

    private static void check(AddressLog log, NnModule network, Optimizer optimizer, int size) {
        try (Metrics metrics = new Metrics(log);
                TrainStep step = new TrainStep(network, optimizer, metrics)) {
            InputSource source = () -> new InputSource.Input(
                    Scope.current().own(Tensor.full(log, Shape.of(2, 3, size, size), 0)),
                    Scope.current().own(Tensor.ofInts(log, Shape.of(2), 0, 0)));
            step.run(source);
            log.take();
            step.run(source);
            List<String> second = log.take();
            for (int i = 0; i < 8; i++) {
                step.run(source);
                assertEquals(second, log.take(), "step " + i);
            }
        }
    }
}
