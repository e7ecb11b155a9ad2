package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Updates of weights whose rows, groups and starts are just below, at and above what a block covers at once. */
class TileEdgesTest {
    /** Around 1024 columns, two, and four times as many. */
    private static final int[] WIDTHS = {
        1020, 1021, 1022, 1023, 1024, 1025, 1026, 2045, 2046, 2047, 2048, 2049, 4093, 4094, 4095, 4096, 4097
    };
    /** Elements before the arrays of a slot. */
    private static final int BEFORE = 4;

    private static final int ARRAYS = 5;

    /** A weight of {@code length} elements in groups; {@code phases}: how far each array is from a 16-byte boundary. */
    private record Edge(int length, int groups, int inner, int... phases) {
        @Override
        public String toString() {
            return length + " elements in " + groups + " groups of " + inner + ", phases " + Arrays.toString(phases);
        }
    }

    private static List<Edge> edges() {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < WIDTHS.length; i++) {
            int width = WIDTHS[i];
            for (int phase = 0; phase < 4; phase++) {
                // filters: one row
                if (width < 2000 || phase == i % 4)
                    edges.add(new Edge(2 * width, 2, width, phase, phase, phase, phase, phase));
            }
            int odd = i % 4;
            // rows of that many columns, in one group, in groups of their own, and cut off
            edges.add(new Edge(3 * width, 1, width, odd, odd, odd, odd, odd));
            if (width % 2 == 0) edges.add(new Edge(2 * width - 3, 2, width / 2, 0, 0, 0, 0, 0));
            // a weight that ends before its last group does
            edges.add(new Edge(2 * width - 3, 2, width, odd, odd, odd, odd, odd));
            // every element a group, and arrays that are not in step
            edges.add(new Edge(width, width, 1, odd, 0, 3 - odd, 1, 2));
        }
        // tall weights, whose groups go through several tiles
        for (int rows : new int[] {127, 128, 129, 257}) {
            edges.add(new Edge(rows * 32, 4, 8, 0, 0, 0, 0, 0));
            edges.add(new Edge(rows * 33 - 5, 3, 11, 1, 1, 1, 1, 1));
        }
        return edges;
    }

    /** The arrays of the slots, each in the middle of a block whose other elements nobody may touch. */
    private static final class Slots implements AutoCloseable {
        final List<UpdateSlot> slots = new ArrayList<>();
        private final List<Storage> framed = new ArrayList<>();
        private final Workspace k;
        private final Gpu gpu;

        /** {@code gpu}: null for storages of their own on the reference backend. */
        Slots(Backend backend, Gpu gpu, List<Edge> edges, boolean adam) {
            k = new Workspace(backend);
            this.gpu = gpu;
            for (Edge e : edges) {
                Storage[] arrays = new Storage[ARRAYS];
                for (int a = 0; a < ARRAYS; a++) arrays[a] = array(e, a);
                slots.add(new UpdateSlot(
                        arrays[0],
                        arrays[1],
                        arrays[2],
                        adam ? arrays[3] : null,
                        k.put(gauss(6, e.groups)),
                        arrays[4],
                        k.out(e.groups),
                        new GroupIndex(e.groups, e.inner)));
            }
        }

        private Storage array(Edge e, int a) {
            float[] data = gauss(a, e.length);
            for (int i = 0; i < data.length; i++) {
                if (a == 3) data[i] = Math.abs(data[i]);
                if (a == 4) data[i] = data[i] > 0 ? 1 : 0;
            }
            if (gpu == null) return k.put(data);
            float[] frame = new float[BEFORE + e.phases[a] + e.length + BEFORE];
            Arrays.fill(frame, 77);
            System.arraycopy(data, 0, frame, BEFORE + e.phases[a], e.length);
            Storage storage = k.put(frame);
            framed.add(storage);
            return gpu.view(storage, BEFORE + e.phases[a], e.length);
        }

        float[] get(Storage storage) {
            return k.get(storage, (int) storage.length());
        }

        Storage rate() {
            return k.put(0.1f);
        }

        void checkFrames(String what, List<Edge> edges) {
            for (int i = 0; i < framed.size(); i++) {
                Edge e = edges.get(i / ARRAYS);
                float[] frame = get(framed.get(i));
                for (int j = 0; j < frame.length; j++) {
                    int at = j - BEFORE - e.phases[i % ARRAYS];
                    if (at < 0 || at >= e.length) assertEquals(77, frame[j], what + " " + e + " array " + i % ARRAYS);
                }
            }
        }

        @Override
        public void close() {
            k.close();
        }
    }

    private interface Call {
        void on(Backend backend, Storage rate, List<UpdateSlot> slots);
    }

    private static void compare(String what, boolean adam, Call call) {
        Gpu gpu = new Gpu();
        Backend reference = BackendsUnderTest.reference();
        List<Edge> edges = edges();
        try (Slots expected = new Slots(reference, null, edges, adam);
                Slots actual = new Slots(gpu.backend(), gpu, edges, adam)) {
            call.on(reference, expected.rate(), expected.slots);
            call.on(gpu.backend(), actual.rate(), actual.slots);
            for (int s = 0; s < edges.size(); s++) {
                UpdateSlot want = expected.slots.get(s);
                UpdateSlot got = actual.slots.get(s);
                String slot = what + " " + edges.get(s);
                Compare.identical(slot + " weight", expected.get(want.weight()), actual.get(got.weight()));
                Compare.identical(slot + " gradient", expected.get(want.gradient()), actual.get(got.gradient()));
                Compare.identical(slot + " momentum", expected.get(want.momentum()), actual.get(got.momentum()));
                Compare.identical(slot + " mask", expected.get(want.mask()), actual.get(got.mask()));
                if (adam) {
                    Compare.identical(slot + " variance", expected.get(want.variance()), actual.get(got.variance()));
                }
                float[] l1 = expected.get(want.l1());
                if (!Float.isNaN(l1[0])) Compare.close(slot + " l1", l1, actual.get(got.l1()), 0, 2e-6);
            }
            actual.checkFrames(what, edges);
        }
    }

    @Test
    void sgd() {
        compare("sgd", false, (b, rate, slots) -> b.update().sgd(new SgdSpec(0.9f, 1e-3f, true, false), rate, slots));
    }

    @Test
    void adam() {
        compare("adam", true, (b, rate, slots) -> b.update().adam(AdamSpec.standard(1e-3), rate, 2, slots));
    }

    @Test
    void penaltyGradient() {
        compare("penalty gradient", false, (b, rate, slots) -> b.penalty().addGradient(slots));
    }

    @Test
    void groupL1() {
        compare("group l1", false, (b, rate, slots) -> b.penalty().groupL1(slots));
    }
}
