package greg.tensor.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Tensor;
import greg.tensor.op.ReluOp;
import greg.tensor.testing.BrokenOp.Fault;
import org.junit.jupiter.api.Test;

/** Every fault of {@link BrokenOp} is found, each by the check that is meant for it; the op without one passes. */
class GradCheckTest {
    private static String failure(Fault fault) {
        try (Backend backend = new ReferenceBackend()) {
            Tensor x = Patterns.parameter(backend, 7, 23, 2, 3);
            return assertThrows(Throwable.class, () -> GradCheck.run(() -> BrokenOp.apply(x, fault), x))
                    .getMessage();
        }
    }

    private static void finds(String expected, Fault fault) {
        String message = failure(fault);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void aRightOpPasses() {
        try (Backend backend = new ReferenceBackend()) {
            Tensor x = Patterns.parameter(backend, 7, 23, 2, 3);
            GradCheck.run(() -> BrokenOp.apply(x, Fault.NONE), x)
                    .expect(0, 0, x.shape(), Patterns.values(7, 23, x.shape()), Patterns.projection(x.shape()));
            GradCheck.numeric(() -> BrokenOp.apply(x, Fault.NONE), 0.5, 1e-5, x);
        }
    }

    @Test
    void faultsOfReferenceCounting() {
        finds("a returned dy must be retained", Fault.NOT_RETAINED);
        finds("live bytes after a backward pass", Fault.RETAINED_TWICE);
        finds("live bytes after a backward pass", Fault.LEAK);
    }

    @Test
    void overwriting() {
        finds("a dy that is held elsewhere was overwritten", Fault.OVERWRITES_DY);
        finds("input 0 was overwritten", Fault.OVERWRITES_INPUT);
    }

    @Test
    void rulesThatBreakTheContract() {
        finds("the rule of Broken returned no gradient for input 0", Fault.NO_GRADIENT);
        finds("the rule of Broken returned 7 elements for input 0 of shape (2, 3)", Fault.WRONG_SIZE);
        finds("the rule of Broken returned 2 gradients for 1 inputs", Fault.WRONG_COUNT);
    }

    @Test
    void wrongDerivatives() {
        try (Backend backend = new ReferenceBackend()) {
            Tensor x = Patterns.parameter(backend, 7, 23, 2, 3);
            assertThrows(
                    AssertionError.class,
                    () -> GradCheck.numeric(() -> BrokenOp.apply(x, Fault.WRONG_SIGN), 0.5, 1e-5, x));
        }
    }

    /** One reference for two inputs: the second term must not be added into memory that the first one owns. */
    @Test
    void aSumThatForgetsOneRetain() {
        try (Backend backend = new ReferenceBackend()) {
            Tensor a = Patterns.parameter(backend, 7, 23, 2, 3);
            Tensor b = Patterns.parameter(backend, 5, 17, 2, 3);
            assertThrows(Throwable.class, () -> GradCheck.run(() -> ForgetfulAdd.apply(a, b), a, b));
            assertThrows(
                    Throwable.class,
                    () -> GradCheck.run(() -> ForgetfulAdd.apply(ReluOp.apply(a), ReluOp.apply(b)), a, b));
        }
    }

    private static final class ForgetfulAdd extends Op {
        static Tensor apply(Tensor a, Tensor b) {
            Storage y = scoped(a.backend(), a.shape());
            a.backend().elementwise().add(a.shape().dims(), a.storage(), b.storage(), y);
            return new ForgetfulAdd().record(a.shape(), y, a, b);
        }

        @Override
        protected Storage[] backward(Storage dy) {
            return new Storage[] {dy.retain(), dy};
        }

        @Override
        public ChannelMap channels() {
            return new ChannelMap.Tied(1);
        }
    }
}
