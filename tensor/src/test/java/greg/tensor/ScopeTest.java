package greg.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Memory;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;
import greg.kernels.reference.ReferenceBackend;
import greg.kernels.spec.BatchNormSpec.Fusion;
import greg.kernels.spec.Conv2dOptions;
import greg.kernels.spec.Pool2dSpec.Kind;
import greg.tensor.op.AddOp;
import greg.tensor.op.BatchNormOp;
import greg.tensor.op.Conv2dOp;
import greg.tensor.op.CrossEntropyOp;
import greg.tensor.op.GlobalAveragePoolOp;
import greg.tensor.op.LinearOp;
import greg.tensor.op.Pool2dOp;
import greg.tensor.op.ReluOp;
import greg.tensor.op.ShortcutOp;
import greg.tensor.testing.Patterns;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScopeTest {
    private static final String DEVICES = "greg.kernels.BackendsUnderTest#all";

    @Test
    void opsNeedAScope() {
        try (Backend backend = new ReferenceBackend();
                Tensor x = Tensor.full(backend, Shape.of(2), 1)) {
            assertEquals(
                    "no scope is open: wrap the computation in try (Scope s = Scope.open()) {...}",
                    assertThrows(IllegalStateException.class, Scope::current).getMessage());
            assertThrows(IllegalStateException.class, () -> ReluOp.apply(x));
            assertEquals(8, backend.memory().liveBytes(), "an error must not leak");
        }
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void innerScopeFreesItsOwnResultsOnly(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long baseline = backend.memory().liveBytes();
        try (Scope outer = Scope.open()) {
            Tensor x = outer.own(Tensor.of(backend, Shape.of(4), -1, 2, -3, 4));
            Tensor a = ReluOp.apply(x);
            Tensor b;
            try (Scope inner = Scope.open()) {
                assertSame(inner, Scope.current());
                b = AddOp.apply(a, a);
                assertEquals(baseline + 48, backend.memory().liveBytes());
            }
            assertSame(outer, Scope.current());
            assertEquals(baseline + 32, backend.memory().liveBytes());
            assertFalse(b.storage().live());
            assertThrows(KernelException.class, b::toHost);
            assertArrayEquals(new float[] {0, 2, 0, 4}, a.toHost());
        }
        assertEquals(baseline, backend.memory().liveBytes());
    }

    @ParameterizedTest
    @MethodSource(DEVICES)
    void whatIsKeptOutlivesTheScope(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long baseline = backend.memory().liveBytes();
        Tensor kept;
        try (Scope scope = Scope.open()) {
            Tensor x = scope.own(Tensor.of(backend, Shape.of(4), -1, 2, -3, 4));
            kept = Scope.keep(ReluOp.apply(x));
        }
        assertEquals(baseline + 16, backend.memory().liveBytes());
        assertArrayEquals(new float[] {0, 2, 0, 4}, kept.toHost());
        kept.close();
        assertEquals(baseline, backend.memory().liveBytes());
    }

    @Test
    void closesInReverseOrderOnly() {
        Scope outer = Scope.open();
        Scope inner = Scope.open();
        assertEquals(
                "scopes must close in the reverse order of opening",
                assertThrows(IllegalStateException.class, outer::close).getMessage());
        assertSame(inner, Scope.current(), "a rejected close changes nothing");
        inner.close();
        assertThrows(IllegalStateException.class, inner::close);
        outer.close();
        assertThrows(IllegalStateException.class, Scope::current);
    }

    @Test
    void belongsToItsThread() throws InterruptedException {
        Throwable[] seen = new Throwable[1];
        try (Scope scope = Scope.open()) {
            Thread other = new Thread(() -> seen[0] = assertThrows(IllegalStateException.class, Scope::current));
            other.start();
            other.join();
        }
        assertTrue(seen[0] instanceof IllegalStateException, String.valueOf(seen[0]));
    }

    /** Blocks are numbers here, so that a step can be asked which ones it got. */
    private static final class NumberedMemory extends MemoryPool<Integer> {
        private int next;

        private static final class Numbered extends Storage {
            private final int block;

            Numbered(Memory memory, int block, DType type, long length) {
                super(memory, type, length);
                this.block = block;
            }
        }

        @Override
        protected Integer obtain(long bytes) {
            return next++;
        }

        @Override
        protected void free(Integer block, long bytes) {}

        @Override
        protected Storage wrap(Integer block, DType type, long length) {
            return new Numbered(this, block, type, length);
        }

        @Override
        protected Integer unwrap(Storage storage) {
            return ((Numbered) storage).block;
        }
    }

    /** Three results, two temporaries that come and go, a result: the same step gets the same blocks in the same order. */
    @Test
    void theSameStepGetsTheSameAddresses() {
        NumberedMemory memory = new NumberedMemory();
        List<List<Integer>> steps = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            List<Integer> blocks = new ArrayList<>();
            try (Scope scope = Scope.open()) {
                for (int k = 0; k < 3; k++) blocks.add(memory.unwrap(scope.own(memory.allocate(DType.FLOAT32, 8))));
                for (int k = 0; k < 2; k++) {
                    Storage temporary = memory.allocate(DType.FLOAT32, 8);
                    blocks.add(memory.unwrap(temporary));
                    temporary.release();
                }
                blocks.add(memory.unwrap(scope.own(memory.allocate(DType.FLOAT32, 8))));
            }
            steps.add(blocks);
        }
        assertEquals(List.of(0, 1, 2, 3, 3, 3), steps.get(0));
        for (List<Integer> step : steps) assertEquals(steps.get(0), step);
    }

    /**
     * 100 steps of a small residual network with the memory that the first two obtained from the system. Two, because what a
     * backend keeps permanently (packed weights, constants) takes blocks out of the pool that the second step would
     * otherwise reuse.
     */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void aStepInSteadyStateAsksTheSystemForNothing(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (SmallNet net = new SmallNet(backend)) {
            float first = net.step();
            assertTrue(Float.isFinite(first), "loss " + first);
            net.step();
            long live = backend.memory().liveBytes();
            long held = backend.memory().heldBytes();
            long blocks = backend.memory().systemAllocations();
            for (int i = 0; i < 100; i++) {
                assertEquals(first, net.step(), "parameters did not change, so the loss may not either, step " + i);
                assertEquals(live, backend.memory().liveBytes(), "live bytes after step " + i);
            }
            assertEquals(blocks, backend.memory().systemAllocations());
            assertEquals(held, backend.memory().heldBytes());
        }
    }

    /** The backend may keep its plans of the first network; the second one of the same geometry adds nothing to them. */
    @ParameterizedTest
    @MethodSource(DEVICES)
    void aClosedNetworkLeavesNothingBehind(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long[] live = new long[3];
        for (int i = 0; i < live.length; i++) {
            try (SmallNet net = new SmallNet(backend)) {
                net.step();
            }
            live[i] = backend.memory().liveBytes();
        }
        assertEquals(live[0], live[1]);
        assertEquals(live[0], live[2]);
    }

    /** conv, BN+ReLU, conv, BN+add+ReLU over an option-A shortcut, pooling, linear, cross-entropy. */
    private static final class SmallNet implements AutoCloseable {
        private final List<Tensor> own = new ArrayList<>();
        private final Tensor x;
        private final Tensor labels;
        private final Tensor metrics;
        private final Tensor[] w;
        private final Tensor[] bn;

        SmallNet(Backend backend) {
            x = own(Patterns.constant(backend, 7, 23, 4, 3, 8, 8));
            labels = own(Tensor.ofInts(backend, Shape.of(4), 0, 2, 1, 2));
            metrics = own(Tensor.full(backend, Shape.of(3), 0));
            w = new Tensor[] {
                own(Patterns.parameter(backend, 5, 17, 16, 3, 3, 3)),
                own(Patterns.parameter(backend, 5, 17, 16, 16, 3, 3)),
                own(Patterns.parameter(backend, 5, 17, 3, 16)),
                own(Patterns.parameter(backend, 5, 17, 3))
            };
            bn = new Tensor[] {
                own(Patterns.parameter(backend, 3, 16, 16)),
                own(Patterns.parameter(backend, 5, 11, 16)),
                own(Tensor.full(backend, Shape.of(16), 0)),
                own(Tensor.full(backend, Shape.of(16), 1))
            };
        }

        private Tensor own(Tensor t) {
            own.add(t);
            return t;
        }

        private Tensor norm(Tensor y, Tensor residual) {
            Fusion fusion = residual == null ? Fusion.RELU : Fusion.ADD_RELU;
            return BatchNormOp.apply(y, residual, bn[0], bn[1], List.of(bn[2], bn[3]), true, 1e-5f, 0.1f, fusion);
        }

        float step() {
            try (Scope scope = Scope.open()) {
                Tensor a = norm(Conv2dOp.apply(x, w[0], null, Conv2dOptions.DEFAULT.padding(1)), null);
                Tensor b = norm(
                        Conv2dOp.apply(
                                a, w[1], null, Conv2dOptions.DEFAULT.stride(2).padding(1)),
                        ShortcutOp.apply(a, ChannelRoute.padded(a.shape().dim(1), 16, 0), 2));
                Tensor c = AddOp.apply(Pool2dOp.apply(b, Kind.MAX, 3, 1, 1, false), b);
                Tensor z = LinearOp.apply(GlobalAveragePoolOp.apply(c), w[2], w[3]);
                Tensor loss = CrossEntropyOp.apply(z, labels, metrics);
                Backprop.run(loss);
                for (Tensor p : w) assertTrue(p.gradient().live());
                return loss.item();
            }
        }

        @Override
        public void close() {
            own.forEach(Tensor::close);
        }
    }
}
