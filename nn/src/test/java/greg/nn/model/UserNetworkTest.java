package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.dry.DryBackend;
import greg.nn.NnModule;
import greg.nn.layer.Linear;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Networks by the name of their class. */
class UserNetworkTest {
    /** For images of any kind. */
    public static class AnyImages extends NnModule {
        private final Linear scores;

        /** Chosen before the other one. */
        public AnyImages(Backend backend, int inChannels, int imageSize, int classes) {
            super(backend);
            scores = child("scores", new Linear(backend, inChannels * imageSize * imageSize, classes, true));
        }

        /** For images of one kind. */
        public AnyImages(Backend backend) {
            this(backend, 1, 2, 3);
        }

        @Override
        public Tensor forward(Tensor x) {
            return scores.forward(x);
        }
    }

    /** For images of one kind. */
    public static final class OneKind extends AnyImages {
        /** As its parent's. */
        public OneKind(Backend backend) {
            super(backend);
        }
    }

    /** Nothing of it may run before it is created. */
    public static final class Loud extends AnyImages {
        static {
            if (true) throw new IllegalStateException("initialised");
        }

        /** Never reached. */
        public Loud(Backend backend) {
            super(backend);
        }
    }

    private static Shape weight(Class<?> type) {
        try (DryBackend dry = new DryBackend();
                NnModule network = Networks.create(type.getName(), dry, 3, 4, 5)) {
            assertEquals(type, network.getClass());
            return network.parameters().get("scores.weight").tensor().shape();
        }
    }

    @Test
    void aClassIsAskedForTheImagesIfItCanBe() {
        assertEquals(Shape.of(5, 3 * 4 * 4), weight(AnyImages.class));
        assertEquals(Shape.of(3, 2 * 2), weight(OneKind.class));
    }

    @Test
    void aClassIsKnownByItsNameAndListedNowhere() {
        String name = AnyImages.class.getName();
        assertTrue(Networks.isKnown(name));
        assertFalse(Networks.isOurs(name));
        assertFalse(Networks.names().contains(name));
        assertEquals(AnyImages.class, Networks.userCode(name));
        assertTrue(Networks.isOurs("lenet5") && Networks.isKnown("lenet5"));
        assertFalse(Networks.isKnown("lenet6") || Networks.isKnown("") || Networks.isKnown(name + "s"));
        assertThrows(IllegalArgumentException.class, () -> Networks.isKnown("java.lang.String"));
    }

    @Test
    void nothingRunsBeforeANetworkIsMade() {
        assertTrue(Networks.isKnown(Loud.class.getName()));
        String said = assertThrows(IllegalArgumentException.class, () -> weight(Loud.class))
                .getMessage();
        assertEquals(
                "network " + Loud.class.getName()
                        + ": it could not be made: java.lang.IllegalStateException: initialised",
                said);
    }

    @Test
    void aThreadWithoutAContextClassLoaderFindsWhatIsBesideGreg() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(null);
        try {
            assertTrue(Networks.isKnown(OneKind.class.getName()));
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
