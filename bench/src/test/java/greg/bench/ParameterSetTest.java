package greg.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterSetTest {
    /**
     * With torchvision 0.14: {@code p = list(torchvision.models.resnet50().parameters()); len(p), sum(x.numel() for x in p),
     * sum(x.numel() for x in p if x.dim() == 4)}; the CIFAR network as in {@link TrainStepWorkloadTest}.
     */
    @ParameterizedTest
    @CsvSource({"resnet50, 161, 25557032, 23454912", "resnet56, 167, 853018, 848304", "resnet20, 59, 269722, 267696"})
    void hasTheParametersThatPyTorchHas(String arch, int tensors, long elements, long penalised) {
        ParameterSet set = ParameterSet.of(arch);
        assertEquals(tensors, set.shapes().size());
        assertEquals(elements, set.elements());
        assertEquals(penalised, set.penalisedElements());
    }
}
