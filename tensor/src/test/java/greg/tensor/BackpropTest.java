package greg.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Storage;
import greg.kernels.reference.ReferenceBackend;
import greg.tensor.op.AddOp;
import greg.tensor.op.LinearOp;
import greg.tensor.op.MulOp;
import greg.tensor.op.ReluOp;
import greg.tensor.testing.BrokenOp;
import greg.tensor.testing.BrokenOp.Fault;
import greg.tensor.testing.Projection;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BackpropTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    /** y = factor x, to tell the terms of a sum apart. */
    private static final class Times extends Op {
        private final float factor;

        private Times(float factor) {
            this.factor = factor;
        }

        static Tensor apply(Tensor x, float factor) {
            Storage y = scoped(x.backend(), x.shape());
            x.backend().elementwise().scale(x.shape().dims(), factor, x.storage(), y);
            return new Times(factor).record(x.shape(), y, x);
        }

        @Override
        protected Storage[] backward(Storage dy) {
            Storage dx = dy.exclusive() ? dy.retain() : allocate(dy.length());
            backend().elementwise().scale(node().output().shape().dims(), factor, dy, dx);
            return new Storage[] {dx};
        }

        @Override
        public ChannelMap channels() {
            return new ChannelMap.Same();
        }
    }

    private static Tensor sum(Tensor y) {
        float[] ones = new float[Math.toIntExact(y.shape().size())];
        Arrays.fill(ones, 1);
        return Projection.apply(y, ones);
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void termsAreAddedInTheReverseOrderOfTheTape(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 1)) {
            Tensor a = Times.apply(x, 1);
            Tensor b = Times.apply(x, -1e8f);
            Tensor c = Times.apply(x, 1e8f);
            Backprop.run(sum(AddOp.apply(AddOp.apply(a, b), c)));
            // (1e8 - 1e8) + 1; any order that meets the 1 earlier rounds it away
            assertArrayEquals(new float[] {1, 1}, x.gradientToHost());
        }
    }

    /** The last add hands one storage to s and t, t's add hands it on to a and b; then a gets a second term. */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void aSharedGradientIsNotAddedInto(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Scope scope = Scope.open();
                Tensor a = Tensor.parameter(backend, Shape.of(2), 1, 2);
                Tensor b = Tensor.parameter(backend, Shape.of(2), 3, 4);
                Tensor c = Tensor.parameter(backend, Shape.of(2), 5, 6)) {
            Tensor s = Times.apply(a, 10);
            Tensor t = AddOp.apply(a, b);
            Backprop.run(sum(AddOp.apply(AddOp.apply(s, t), c)));
            assertArrayEquals(new float[] {11, 11}, a.gradientToHost());
            assertArrayEquals(new float[] {1, 1}, b.gradientToHost());
            assertArrayEquals(new float[] {1, 1}, c.gradientToHost());
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void aSecondRunReplacesTheGradients(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long baseline = backend.memory().liveBytes();
        try (Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            Tensor y = Times.apply(ReluOp.apply(x), 3);
            Tensor loss = sum(AddOp.apply(y, x));
            Backprop.run(loss);
            assertArrayEquals(new float[] {4, 4}, x.gradientToHost());
            Backprop.run(loss);
            assertArrayEquals(new float[] {4, 4}, x.gradientToHost(), "the same loss again");
            Backprop.run(sum(y));
            assertArrayEquals(new float[] {3, 3}, x.gradientToHost(), "another loss on the same tape");
            assertNull(y.gradient(), "only leaves keep their gradients");
        }
        assertEquals(baseline, backend.memory().liveBytes());
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void gradientsEndWithTheScope(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            try (Scope scope = Scope.open()) {
                Backprop.run(sum(Times.apply(x, 3)));
                assertArrayEquals(new float[] {3, 3}, x.gradientToHost());
            }
            assertNull(x.gradient());
            assertThrows(IllegalStateException.class, x::gradientToHost);
        }
    }

    /** A gradient of two terms, one that the rule computes in the slot, and one that it hands on from elsewhere. */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void aSlotGetsTheGradientOfEveryRun(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Tensor.parameter(backend, Shape.of(1, 2), 1, 2);
                Tensor w = Tensor.parameter(backend, Shape.of(2, 2), 1, 2, 3, 4);
                Tensor unused = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            Storage slot = backend.memory().like(w.storage());
            Storage spare = backend.memory().like(unused.storage());
            w.gradientSlot(slot);
            unused.gradientSlot(spare);
            long[] live = new long[2];
            float[] once = {1, 2, 1, 2};
            float[] twice = {2, 4, 2, 4};
            for (int run = 0; run < 2; run++) {
                try (Scope scope = Scope.open()) {
                    Backprop.run(sum(LinearOp.apply(x, w, null)));
                    assertSame(slot, w.gradient());
                    assertArrayEquals(once, w.gradientToHost(), "replaced, not added to");
                    assertNull(unused.gradient());
                }
                assertNull(w.gradient(), "the slot's content is no gradient any more");
                try (Scope scope = Scope.open()) {
                    Tensor both = AddOp.apply(LinearOp.apply(x, w, null), LinearOp.apply(x, w, null));
                    Backprop.run(sum(both));
                    assertSame(slot, w.gradient());
                    assertArrayEquals(twice, w.gradientToHost(), "a weight used twice");
                }
                try (Scope scope = Scope.open()) {
                    Backprop.run(sum(AddOp.apply(w, w)));
                    assertSame(slot, w.gradient());
                    assertArrayEquals(new float[] {2, 2, 2, 2}, w.gradientToHost(), "terms from elsewhere");
                }
                try (Scope scope = Scope.open()) {
                    Backprop.run(sum(MulOp.apply(w, w)));
                    assertArrayEquals(new float[] {2, 4, 6, 8}, w.gradientToHost(), "two terms of one rule");
                }
                live[run] = backend.memory().liveBytes();
            }
            assertEquals(live[0], live[1]);
            w.gradientSlot(null);
            unused.gradientSlot(null);
            slot.release();
            spare.release();
        }
    }

    /** Within one scope the gradients of both runs can be asked for, so they have storages of their own. */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void aSecondRunInAScopeLeavesTheSlotAlone(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Tensor x = Tensor.parameter(backend, Shape.of(1, 2), 1, 2);
                Tensor w = Tensor.parameter(backend, Shape.of(1, 2), 3, 4)) {
            Storage slot = backend.memory().like(w.storage());
            w.gradientSlot(slot);
            try (Scope scope = Scope.open()) {
                Backprop.run(sum(LinearOp.apply(x, w, null)));
                Storage first = w.gradient();
                Backprop.run(sum(Times.apply(LinearOp.apply(x, w, null), 10)));
                assertNotSame(first, w.gradient());
                assertArrayEquals(new float[] {10, 20}, w.gradientToHost());
                float[] kept = new float[2];
                backend.transfer().download(first, new int[] {1, 2}, kept);
                assertArrayEquals(new float[] {1, 2}, kept);
            }
            w.gradientSlot(null);
            slot.release();
            Tensor constant = Tensor.of(backend, Shape.of(2), 1, 2);
            assertThrows(IllegalStateException.class, () -> constant.gradientSlot(slot));
            constant.close();
        }
    }

    @Test
    void leavesThatTakeNoPartHaveNoGradient() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2);
                Tensor unused = Tensor.parameter(backend, Shape.of(2), 1, 2);
                Tensor sidetrack = Tensor.parameter(backend, Shape.of(2), 1, 2);
                Tensor constant = Tensor.of(backend, Shape.of(2), 1, 2)) {
            Tensor y = AddOp.apply(x, constant);
            AddOp.apply(y, sidetrack); // on the tape, but not under the loss
            Backprop.run(sum(y));
            assertArrayEquals(new float[] {1, 1}, x.gradientToHost());
            assertNull(unused.gradient());
            assertNull(sidetrack.gradient());
            assertNull(constant.gradient());
        }
    }

    @Test
    void refusesWhatIsNoLoss() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2);
                Tensor leaf = Tensor.parameter(backend, Shape.of(1), 1);
                Tensor constant = Tensor.of(backend, Shape.of(2), 1, 2)) {
            assertEquals("backprop: expected a loss of one element, got shape (2)", refusal(ReluOp.apply(x)));
            String independent = "backprop: the loss does not depend on anything that requires a gradient";
            assertEquals(independent, refusal(sum(ReluOp.apply(constant))));
            assertEquals(independent, refusal(leaf));
            try (NoGrad off = NoGrad.begin()) {
                assertEquals(independent, refusal(sum(x)));
            }
        }
    }

    private static String refusal(Tensor loss) {
        return assertThrows(IllegalArgumentException.class, () -> Backprop.run(loss))
                .getMessage();
    }

    @Test
    void noGradNestsAndEndsOnce() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            NoGrad outer = NoGrad.begin();
            NoGrad inner = NoGrad.begin();
            inner.close();
            assertFalse(ReluOp.apply(x).requiresGrad(), "the outer one is still open");
            inner.close();
            assertFalse(ReluOp.apply(x).requiresGrad(), "a second close does nothing");
            outer.close();
            outer.close();
            Tensor y = ReluOp.apply(x);
            assertTrue(y.requiresGrad());
            Backprop.run(sum(y));
        }
    }

    /** A value computed without a tape is a constant in what follows. */
    @Test
    void noGradCutsTheTape() {
        try (Backend backend = new ReferenceBackend();
                Scope scope = Scope.open();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            Tensor cut;
            try (NoGrad off = NoGrad.begin()) {
                cut = Times.apply(x, 100);
            }
            Backprop.run(sum(AddOp.apply(Times.apply(x, 2), cut)));
            assertArrayEquals(new float[] {2, 2}, x.gradientToHost());
        }
    }

    @Test
    void anErrorInARuleReleasesWhatWasUnderWay() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Tensor.parameter(backend, Shape.of(2), 1, 2)) {
            long baseline = backend.memory().liveBytes();
            try (Scope scope = Scope.open()) {
                Tensor waiting = Times.apply(x, 2);
                Tensor loss = sum(AddOp.apply(waiting, BrokenOp.apply(x, Fault.NO_GRADIENT)));
                assertThrows(IllegalStateException.class, () -> Backprop.run(loss));
                assertNull(waiting.gradient());
            }
            assertEquals(baseline, backend.memory().liveBytes());
        }
    }
}
