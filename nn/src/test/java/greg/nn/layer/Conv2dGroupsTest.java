package greg.nn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.kernels.spec.Conv2dOptions;
import greg.nn.Parameter;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Conv2dGroupsTest {
    private final Backend backend = Backends.open("reference", BackendOptions.standard());

    @AfterEach
    void close() {
        backend.close();
    }

    /** Surgery changes the weight alone; how many groups there are follows. */
    @ParameterizedTest
    @CsvSource({
        "6,6,6, 4,1, 4,4", // depthwise
        "6,12,6, 8,1, 4,4", // two filters per channel
        "6,12,6, 2,1, 1,1",
        "6,12,6, 1,1, 1,1", // the last channel has lost one of its two
        "6,6,3, 3,1, 3,3", // grouped: one channel and one filter are left in each group
        "6,6,3, 2,1, 3,2", // then depthwise: one of those channels is removed
        "6,6,2, 4,2, 2,4"
    })
    void groupsFollowTheWeight(int in, int out, int groups, int rows, int columns, int groupsAfter, int channels) {
        try (Conv2d conv = new Conv2d(
                        backend, in, out, 3, Conv2dOptions.DEFAULT.padding(1).groups(groups), false);
                Scope scope = Scope.open()) {
            assertEquals(groups, conv.groups());
            Parameter weight = conv.weight();
            weight.replace(Tensor.parameter(backend, Shape.of(rows, columns, 3, 3), new float[rows * columns * 9]));
            assertEquals(groupsAfter, conv.groups());
            Tensor x = scope.own(Tensor.full(backend, Shape.of(1, channels, 4, 4), 1));
            assertEquals(Shape.of(1, rows, 4, 4), conv.forward(x).shape());
        }
    }

    @Test
    void aDepthwiseConvolutionRefusesOtherChannels() {
        try (Conv2d conv = new Conv2d(
                        backend, 6, 6, 3, Conv2dOptions.DEFAULT.padding(1).groups(6), false);
                Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.full(backend, Shape.of(1, 3, 4, 4), 1));
            assertThrows(IllegalArgumentException.class, () -> conv.forward(x));
        }
    }
}
