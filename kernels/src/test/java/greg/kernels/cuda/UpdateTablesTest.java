package greg.kernels.cuda;

import static greg.kernels.Workspace.count;
import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A table is found again only where all that it was made from is the same, and a graph keeps all that it points to. */
class UpdateTablesTest {
    private static final int N = 24;
    private static final SgdSpec PLAIN = new SgdSpec(0, 0, false, false);

    private final Gpu gpu = new Gpu();
    private final CudaBackend cuda = gpu.backend();

    /** Storages of a slot of {@value #N} weights in 6 groups. */
    private final class Arrays implements AutoCloseable {
        final Workspace k = new Workspace(cuda);
        final Storage w = k.put(gauss(1, N));
        final Storage g = k.put(gauss(2, N));
        final Storage lambda = k.put(gauss(3, 6));
        final Storage l1 = k.out(6);
        final Storage mask = k.put(mask());
        final Storage lr = k.put(0.5f);
        final GroupIndex groups = new GroupIndex(6, 4);

        UpdateSlot slot(Storage lambda, Storage mask, Storage l1) {
            return new UpdateSlot(w, g, null, null, lambda, mask, l1, groups);
        }

        void step(UpdateSlot slot) {
            cuda.update().sgd(PLAIN, lr, List.of(slot));
        }

        @Override
        public void close() {
            k.close();
        }
    }

    private static float[] mask() {
        float[] mask = new float[N];
        for (int i = 0; i < N; i++) mask[i] = i % 3 == 0 ? 0 : 1;
        return mask;
    }

    private static float sum(float[] w, int group) {
        float sum = 0;
        for (int i = 4 * group; i < 4 * group + 4; i++) sum += Math.abs(w[i]);
        return sum;
    }

    /** What is given to a parameter after its first step takes part in the next. */
    @Test
    void whatIsSetLaterApplies() {
        try (Arrays a = new Arrays()) {
            a.step(a.slot(null, null, null));
            a.step(a.slot(null, a.mask, null));
            float[] w = a.k.get(a.w, N);
            for (int i = 0; i < N; i++) assertTrue(w[i] == 0 == (i % 3 == 0), "masked element " + i + ": " + w[i]);
        }
        try (Arrays a = new Arrays()) {
            a.step(a.slot(null, null, null));
            float[] w = a.k.get(a.w, N);
            a.step(a.slot(a.lambda, null, null));
            float[] g = gauss(2, N);
            float[] lambda = gauss(3, 6);
            for (int i = 0; i < N; i++) w[i] = Math.fma(-0.5f, g[i] + lambda[i / 4] * w[i], w[i]);
            Compare.identical("penalised", w, a.k.get(a.w, N));
        }
        try (Arrays a = new Arrays()) {
            a.step(a.slot(a.lambda, null, null));
            a.step(a.slot(a.lambda, null, a.l1));
            float[] w = a.k.get(a.w, N);
            float[] sums = new float[6];
            for (int i = 0; i < 6; i++) sums[i] = sum(w, i);
            Compare.close("l1", sums, a.k.get(a.l1, 6), 0, 1e-6);
        }
    }

    /** A shorter weight at the same address: what follows it in memory belongs to others. */
    @Test
    void otherLengthsAtTheSameAddress() {
        try (Arrays a = new Arrays()) {
            a.step(a.slot(null, null, null));
            float[] before = a.k.get(a.w, N);
            UpdateSlot half =
                    new UpdateSlot(gpu.view(a.w, 0, 12), gpu.view(a.g, 0, 12), null, null, null, null, null, null);
            a.step(half);
            float[] after = a.k.get(a.w, N);
            for (int i = 12; i < N; i++) assertTrue(before[i] == after[i], "element " + i);
        }
    }

    /** Of equal length and pitch, (8, 7, 3, 3) has more padding than (7, 8, 3, 3). */
    @Test
    void otherShapesAtTheSameAddress() {
        int[][] shapes = {{8, 7, 3, 3}, {7, 8, 3, 3}};
        DeviceMemory memory = (DeviceMemory) cuda.memory();
        try (Workspace k = new Workspace(cuda)) {
            Storage w = k.own(memory.take(DType.FLOAT32, 504, 576));
            Storage g = k.own(memory.take(DType.FLOAT32, 504, 576));
            Storage lr = k.put(1);
            for (int[] d : new int[][] {shapes[1], shapes[0]}) {
                cuda.transfer().upload(gauss(1, d), w);
                cuda.transfer().upload(gauss(2, d), g);
                gpu.layouts().arrange(CudaStorage.of(g), d, 8);
                cuda.update().sgd(PLAIN, lr, List.of(new UpdateSlot(w, d, g, null, null, null, null, null, null, 0)));
                float[] expected = gauss(1, d);
                float[] gradient = gauss(2, d);
                for (int i = 0; i < count(d); i++) expected[i] -= gradient[i];
                Compare.identical("weights", expected, k.get(w, d));
            }
        }
    }

    /** Every part of the key, one by one. */
    @Test
    void whateverDiffersMakesAnotherTable() {
        int[] d = {4, 3, 2, 2};
        int[] turned = {2, 3, 4, 2};
        DeviceMemory memory = (DeviceMemory) cuda.memory();
        try (Workspace k = new Workspace(cuda);
                UpdateTables tables = new UpdateTables(gpu.context(), memory, cuda.transfer(), gpu.layouts())) {
            CudaStorage[] s = new CudaStorage[10];
            for (int i = 0; i < s.length; i++) s[i] = CudaStorage.of(k.put(new float[48]));
            CudaStorage shorter = gpu.view(s[0], 0, 24);
            CudaStorage narrow = new CudaStorage(memory, s[1].address(), DType.BFLOAT16, 48);
            GroupIndex groups = new GroupIndex(4, 12);
            GroupIndex fewer = new GroupIndex(3, 12);
            GroupIndex narrower = new GroupIndex(4, 6);
            List<ArrangedSlot> all = List.of(
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[8], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[8], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[8], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[8], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[8], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[8], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[8], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[8], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], null, s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(shorter, s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, turned, 4),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 0),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 8),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], fewer, 0, d, 0),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], narrower, 0, d, 0),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], narrower, 0, turned, 0),
                    new ArrangedSlot(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], groups, 1, d, 4),
                    new ArrangedSlot(s[0], narrow, s[2], s[3], s[4], s[5], s[6], s[7], groups, 0, d, 4));
            for (int i = 0; i < all.size(); i++) {
                UpdateTables.Uploaded table = tables.of(List.of(all.get(i)));
                assertSame(table, tables.of(List.of(all.get(i))), "slot " + i);
                for (int j = 0; j < i; j++) {
                    // the host's order depends on the number of elements only
                    if (i == 16 && j == 15) assertSame(tables.of(List.of(all.get(j))), table, "dense");
                    else assertNotSame(tables.of(List.of(all.get(j))), table, "slots " + i + " and " + j);
                }
            }
        }
    }

    /** A graph replayed when its caller has let go of everything: each array in turn, overwritten by its next owner. */
    @Test
    void aGraphKeepsWhatItsTablePointsTo() {
        for (Consumer<Arrays> letGo : List.<Consumer<Arrays>>of(
                a -> a.mask.release(), a -> a.lambda.release(), a -> a.g.release(), a -> a.l1.release())) {
            try (Arrays a = new Arrays()) {
                UpdateSlot slot = a.slot(a.lambda, a.mask, a.l1);
                a.step(slot);
                float[] w = a.k.get(a.w, N);
                a.step(slot);
                float[] expected = a.k.get(a.w, N);
                try (StepGraph graph = cuda.capture(() -> a.step(slot))) {
                    cuda.transfer().upload(w, a.w);
                    letGo.accept(a);
                    Storage next = a.k.out(N);
                    Storage sums = a.k.out(6);
                    graph.launch();
                    Compare.identical("weights", expected, a.k.get(a.w, N));
                    for (float value : a.k.get(next, N)) assertTrue(Float.isNaN(value), "another's memory");
                    for (float value : a.k.get(sums, 6)) assertTrue(Float.isNaN(value), "another's memory");
                }
            }
        }
    }

    /** Sums that meet in memory: the table's own, also when the table has been forgotten. */
    @Test
    void aGraphKeepsWhereSumsMeet() {
        int[] d = {1100, 8, 1, 1};
        try (Workspace k = new Workspace(cuda)) {
            Storage w = k.put(gauss(1, d));
            Storage l1 = k.out(8);
            UpdateSlot slot = new UpdateSlot(w, d, null, null, null, null, null, l1, new GroupIndex(8, 1), 0);
            UpdateSlot[] others = new UpdateSlot[UpdateTables.KEPT];
            for (int i = 0; i < others.length; i++) {
                others[i] = new UpdateSlot(w, null, null, null, null, null, k.out(i + 1), new GroupIndex(i + 1, 1));
            }
            Runnable step = () -> cuda.penalty().groupL1(List.of(slot));
            step.run();
            float[] expected = k.get(l1, 8);
            try (StepGraph graph = cuda.capture(step)) {
                for (UpdateSlot other : others) cuda.penalty().groupL1(List.of(other));
                cuda.memory().trim();
                for (int i = 0; i < 2; i++) {
                    cuda.transfer().fill(l1, 0);
                    graph.launch();
                    Compare.identical("l1", expected, k.get(l1, 8));
                }
            }
        }
    }
}
