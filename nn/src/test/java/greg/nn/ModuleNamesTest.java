package greg.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.dry.DryBackend;
import greg.nn.layer.Lambda;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ModuleNamesTest {
    private static final class Parts extends NnModule {
        Parts(String... names) {
            super(new DryBackend());
            parameter("w", Shape.of(1));
            buffer("b", Shape.of(1), 0);
            for (String name : names) child(name, new Lambda(backend(), x -> x));
        }

        @Override
        public Tensor forward(Tensor x) {
            return x;
        }
    }

    @Test
    void aNameIsForOneThing() {
        new Parts("a", "0", "conv_1", "größe").close();
        assertEquals(
                "module Parts: there is a parameter, buffer or child 'w' already",
                assertThrows(IllegalArgumentException.class, () -> new Parts("w"))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new Parts("b"));
        assertThrows(IllegalArgumentException.class, () -> new Parts("a", "a"));
        for (String bad : new String[] {"", "a.b", "a b", "a=b", "a;b", "a,b"}) {
            assertThrows(IllegalArgumentException.class, () -> new Parts(bad), bad);
        }
    }
}
