package greg.kernels.cuda;

import static greg.kernels.Workspace.count;
import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendsUnderTest;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Updates of weights in the order of convolutions, (K, R, S, padded channel): to the bit what the reference makes of them in
 * the host's order, for every kind of group.
 */
class CudaWeightsTest {
    private static final SgdSpec SGD = new SgdSpec(0.9f, 5e-4f, false, false);
    private static final AdamSpec ADAM = AdamSpec.standard(1e-3);

    /** Odd channels, several tiles of them, of rows, and of filters; one channel; one position; more than a tile in a filter. */
    private static final int[][] SHAPES = {
        {5, 3, 3, 3},
        {16, 13, 3, 3},
        {130, 70, 1, 3},
        {9, 1, 3, 3},
        {7, 8, 1, 1},
        {6, 5, 1, 1},
        {3, 250, 3, 3},
        {1, 1, 1, 1}
    };

    /** The groups of another weight lie before. */
    private static final int FIRST = 5;

    private final Gpu gpu = new Gpu();
    private final CudaBackend cuda = gpu.backend();

    /** None, filters, input channels, single weights. */
    private static GroupIndex groups(int[] d, int kind) {
        int positions = d[2] * d[3];
        return switch (kind) {
            case 0 -> null;
            case 1 -> new GroupIndex(d[0], d[1] * positions);
            case 2 -> new GroupIndex(d[1], positions);
            default -> new GroupIndex(count(d), 1);
        };
    }

    private static float[] mask(int[] d) {
        float[] mask = gauss(9, d);
        for (int i = 0; i < mask.length; i++) mask[i] = mask[i] > -1 ? 1 : 0;
        return mask;
    }

    private static Storage put(Backend backend, Workspace k, float[] data, int... d) {
        Storage storage = k.parameter(d);
        backend.transfer().upload(data, storage);
        return storage;
    }

    private static UpdateSlot slot(Backend backend, Workspace k, int[] d, int kind, boolean adam) {
        GroupIndex groups = groups(d, kind);
        return new UpdateSlot(
                put(backend, k, gauss(1, d), d),
                d,
                k.parameter(d),
                put(backend, k, new float[count(d)], d),
                adam ? put(backend, k, new float[count(d)], d) : null,
                groups == null ? null : k.put(gauss(3, FIRST + groups.count())),
                kind % 2 == 0 ? put(backend, k, mask(d), d) : null,
                groups == null ? null : put(backend, k, new float[FIRST + groups.count()], FIRST + groups.count()),
                groups,
                FIRST);
    }

    private static int pitch(int[] d) {
        return d[1] == 1 ? 1 : CudaLayouts.pitch(d[1], DType.FLOAT32);
    }

    /** As a convolution leaves it. */
    private void gradient(UpdateSlot slot, int step, boolean channelsLast) {
        cuda.transfer().upload(gauss(100 + step, slot.dims()), slot.gradient());
        if (!channelsLast) return;
        assertTrue(gpu.layouts().arrange(CudaStorage.of(slot.gradient()), slot.dims(), pitch(slot.dims())));
    }

    private static void update(Backend backend, boolean adam, int step, Storage lr, List<UpdateSlot> slots) {
        if (adam) backend.update().adam(ADAM, lr, step, slots);
        else backend.update().sgd(SGD, lr, slots);
    }

    private static List<float[]> results(Workspace k, UpdateSlot slot) {
        List<float[]> results = new ArrayList<>();
        results.add(k.get(slot.weight(), slot.dims()));
        results.add(k.get(slot.momentum(), slot.dims()));
        if (slot.variance() != null) results.add(k.get(slot.variance(), slot.dims()));
        if (slot.l1() != null) results.add(k.get(slot.l1(), (int) slot.l1().length()));
        return results;
    }

    /** The memory itself: padding included. */
    private float[] raw(Workspace k, Storage storage) {
        CudaStorage cudaStorage = CudaStorage.of(storage);
        int extent = (int) cudaStorage.extent();
        return k.get(gpu.view(storage, 0, extent), extent);
    }

    private void checkPadding(String what, Workspace k, Storage storage, int[] d) {
        // of one channel both orders are the same, and there is no padding
        if (CudaStorage.of(storage).layout() == CudaLayout.NCHW) return;
        float[] memory = raw(k, storage);
        int pitch = CudaStorage.of(storage).pitch();
        for (int i = 0; i < memory.length; i++) {
            if (i % pitch >= d[1]) assertEquals(0, memory[i], what + ": padding at " + i);
        }
    }

    private void agree(int kind, boolean adam) {
        try (Workspace k = new Workspace(cuda);
                Workspace r = new Workspace(BackendsUnderTest.reference())) {
            List<UpdateSlot> slots = new ArrayList<>();
            List<UpdateSlot> expected = new ArrayList<>();
            for (int[] d : SHAPES) {
                slots.add(slot(cuda, k, d, kind, adam));
                expected.add(slot(BackendsUnderTest.reference(), r, d, kind, adam));
            }
            for (int step = 1; step <= 3; step++) {
                for (UpdateSlot slot : slots) gradient(slot, step, step != 2);
                for (UpdateSlot slot : expected) {
                    BackendsUnderTest.reference().transfer().upload(gauss(100 + step, slot.dims()), slot.gradient());
                }
                update(cuda, adam, step, k.put(0.1f), slots);
                update(BackendsUnderTest.reference(), adam, step, r.put(0.1f), expected);
            }
            for (int s = 0; s < slots.size(); s++) {
                int[] d = SHAPES[s];
                String what = (adam ? "adam " : "sgd ") + Arrays.toString(d) + " groups " + kind;
                assertTrue(CudaStorage.of(slots.get(s).weight()).isChannelsLast(d, pitch(d)), what + ": layout");
                checkPadding(what, k, slots.get(s).weight(), d);
                checkPadding(what, k, slots.get(s).momentum(), d);
                List<float[]> want = results(r, expected.get(s));
                List<float[]> got = results(k, slots.get(s));
                int sums = slots.get(s).l1() == null ? want.size() : want.size() - 1;
                for (int i = 0; i < sums; i++) Compare.identical(what + " array " + i, want.get(i), got.get(i));
                if (sums < want.size()) Compare.close(what + " l1", want.get(sums), got.get(sums), 0, 2e-6);
            }
        }
    }

    @Test
    void everyKindOfGroupAgreesWithReference() {
        assertAll(Stream.of(0, 1, 2, 3).map(kind -> () -> agree(kind, false)));
        agree(2, true);
        agree(3, true);
    }

    @Test
    void theirPenaltyAlone() {
        for (int kind = 1; kind <= 3; kind++) {
            for (int[] d : SHAPES) {
                try (Workspace k = new Workspace(cuda);
                        Workspace r = new Workspace(BackendsUnderTest.reference())) {
                    UpdateSlot slot = slot(cuda, k, d, kind, false);
                    UpdateSlot expected = slot(BackendsUnderTest.reference(), r, d, kind, false);
                    gradient(slot, 1, true);
                    BackendsUnderTest.reference().transfer().upload(gauss(101, d), expected.gradient());
                    for (Backend backend : List.of(cuda, BackendsUnderTest.reference())) {
                        List<UpdateSlot> one = List.of(backend == cuda ? slot : expected);
                        backend.penalty().addGradient(one);
                        backend.penalty().groupL1(one);
                    }
                    String what = Arrays.toString(d) + " groups " + kind;
                    Compare.identical(what, r.get(expected.gradient(), d), k.get(slot.gradient(), d));
                    int n = (int) slot.l1().length();
                    Compare.close(what + " l1", r.get(expected.l1(), n), k.get(slot.l1(), n), 0, 2e-6);
                }
            }
        }
    }

    /** What the host writes is dense, and is brought back into the order of the others; what has no room keeps all dense. */
    @Test
    void arraysThatDifferAreBroughtTogether() {
        int[] d = {5, 3, 3, 3};
        SgdSpec plain = new SgdSpec(0, 0, false, false);
        try (Workspace k = new Workspace(cuda)) {
            Storage lr = k.put(1);
            UpdateSlot slot = slot(cuda, k, d, 0, false);
            gradient(slot, 1, true);
            cuda.update().sgd(plain, lr, List.of(slot));
            float[] w = gauss(7, d);
            cuda.transfer().upload(w, slot.weight());
            cuda.update().sgd(plain, lr, List.of(slot));
            float[] mask = mask(d);
            float[] g = gauss(101, d);
            for (int i = 0; i < w.length; i++) w[i] = (w[i] - g[i]) * mask[i];
            Compare.equal("after an upload", w, k.get(slot.weight(), d));
            assertEquals(CudaLayout.NHWC, CudaStorage.of(slot.weight()).layout());

            UpdateSlot cramped = new UpdateSlot(
                    slot.weight(), d, slot.gradient(), slot.momentum(), null, null, k.put(mask), null, null, 0);
            cuda.update().sgd(plain, lr, List.of(cramped));
            for (int i = 0; i < w.length; i++) w[i] = (w[i] - g[i]) * mask[i];
            Compare.equal("without room for a mask", w, k.get(slot.weight(), d));
            assertEquals(CudaLayout.NCHW, CudaStorage.of(slot.weight()).layout());
            assertEquals(CudaLayout.NHWC, CudaStorage.of(slot.gradient()).layout(), "the gradient is only read");
        }
    }

    /** Every array as long as the weight: the kernel would read on behind its end. */
    @Test
    void arraysOfAnotherLengthAreRefused() {
        try (Workspace k = new Workspace(cuda)) {
            Storage w = k.put(1, 2, 3, 4);
            UpdateSlot slot = new UpdateSlot(w, k.put(1, 2, 3, 4), k.put(1, 2, 3), null, null, null, null, null);
            String message = assertThrows(
                            IllegalArgumentException.class, () -> cuda.update().sgd(SGD, k.put(1), List.of(slot)))
                    .getMessage();
            assertTrue(message.contains("expected arrays of 4") && message.contains("got one of 3"), message);
        }
    }

    @Test
    void aCapturedStepCannotRearrange() {
        int[] d = {5, 3, 3, 3};
        try (Workspace k = new Workspace(cuda)) {
            UpdateSlot slot = slot(cuda, k, d, 0, false);
            Storage lr = k.put(0.1f);
            gradient(slot, 1, true);
            Runnable step = () -> cuda.update().sgd(SGD, lr, List.of(slot));
            step.run();
            cuda.transfer().upload(gauss(1, d), slot.momentum());
            String message = assertThrows(KernelException.class, () -> cuda.capture(step))
                    .getMessage();
            assertTrue(message.contains("run the step once before"), message);
        }
    }
}
