package greg.kernels;

import static greg.kernels.Workspace.gauss;

import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A slot in which one thing has changed since the last call is another slot: a backend that keeps something for a slot must not
 * take the old one for it. A mask that is set after pruning, for example, applies from the next step on.
 */
class UpdateSlotChangesTest {
    private static final int LENGTH = 90;

    private enum Call {
        SGD,
        ADAM,
        GRADIENT,
        L1
    }

    private static void run(Call call, Backend b, Storage lr, List<UpdateSlot> slots) {
        switch (call) {
            case SGD -> b.update().sgd(new SgdSpec(0.9f, 1e-3f, false, false), lr, slots);
            case ADAM -> b.update().adam(AdamSpec.standard(1e-3), lr, 1, slots);
            case GRADIENT -> b.penalty().addGradient(slots);
            case L1 -> b.penalty().groupL1(slots);
        }
    }

    private static float[] positive(long seed) {
        float[] data = gauss(seed, LENGTH);
        for (int i = 0; i < data.length; i++) data[i] = Math.abs(data[i]);
        return data;
    }

    /** Everything in the storages of the slot, after each call. */
    private static List<float[]> results(Backend backend, Call call) {
        List<float[]> results = new ArrayList<>();
        try (Workspace k = new Workspace(backend)) {
            Storage lr = k.put(0.1f);
            UpdateSlot slot = new UpdateSlot(
                    k.put(gauss(1, LENGTH)),
                    k.put(gauss(2, LENGTH)),
                    k.put(gauss(3, LENGTH)),
                    call == Call.ADAM ? k.put(positive(4)) : null,
                    k.put(gauss(5, 5)),
                    null,
                    k.put(new float[5]),
                    new GroupIndex(5, 9));
            float[] mask = new float[LENGTH];
            for (int i = 0; i < LENGTH; i += 2) mask[i] = 1;
            List<UnaryOperator<UpdateSlot>> changes = List.of(
                    s -> s,
                    s -> with(s, 'm', k.put(mask)),
                    s -> with(s, 'm', k.put(gauss(6, LENGTH))),
                    s -> with(s, 'm', null),
                    s -> with(s, 'a', k.put(gauss(7, 5))),
                    s -> with(s, 'l', k.put(1, 1, 1, 1, 1)),
                    s -> with(s, 'g', k.put(gauss(8, LENGTH))),
                    s -> with(s, 'v', k.put(gauss(9, LENGTH))),
                    s -> with(s, 'w', k.put(gauss(10, LENGTH))),
                    s -> with(s, new GroupIndex(5, 18)),
                    s -> with(
                            with(with(s, 'l', k.put(new float[10])), 'a', k.put(gauss(11, 10))), new GroupIndex(10, 9)),
                    s -> with(with(s, 'l', null), 'a', call == Call.GRADIENT ? s.lambda() : null),
                    s -> with(with(s, 'l', k.put(new float[10])), 'a', k.put(gauss(12, 10))));
            for (UnaryOperator<UpdateSlot> change : changes) {
                slot = change.apply(slot);
                run(call, backend, lr, List.of(slot));
                add(k, results, slot.weight(), slot.gradient(), slot.momentum(), slot.variance(), slot.l1());
            }
        }
        return results;
    }

    private static void add(Workspace k, List<float[]> results, Storage... storages) {
        for (Storage storage : storages) {
            results.add(storage == null ? new float[0] : k.get(storage, (int) storage.length()));
        }
    }

    private static UpdateSlot with(UpdateSlot s, char part, Storage other) {
        return new UpdateSlot(
                part == 'w' ? other : s.weight(),
                part == 'g' ? other : s.gradient(),
                part == 'v' ? other : s.momentum(),
                s.variance(),
                part == 'a' ? other : s.lambda(),
                part == 'm' ? other : s.mask(),
                part == 'l' ? other : s.l1(),
                s.groups());
    }

    private static UpdateSlot with(UpdateSlot s, GroupIndex groups) {
        return new UpdateSlot(
                s.weight(), s.gradient(), s.momentum(), s.variance(), s.lambda(), s.mask(), s.l1(), groups);
    }

    private static Stream<Arguments> calls() {
        return BackendsUnderTest.others()
                .flatMap(kind -> Stream.of(Call.values()).map(call -> Arguments.of(kind, call)));
    }

    @ParameterizedTest
    @MethodSource("calls")
    void theNextCallSeesTheChange(String kind, Call call) {
        Backend backend = BackendsUnderTest.open(kind);
        List<float[]> expected = results(BackendsUnderTest.reference(), call);
        List<float[]> actual = results(backend, call);
        for (int i = 0; i < expected.size(); i++) {
            String what = call + " after change " + i / 5 + ", result " + i % 5;
            // sums may be off by their order
            if (i % 5 == 4) Compare.close(what, expected.get(i), actual.get(i), 0, 2e-6);
            else Compare.identical(what, expected.get(i), actual.get(i));
        }
    }

    /** Two weights, one after the other in the same memory, of which the second is longer. */
    @ParameterizedTest
    @MethodSource("calls")
    void anotherLengthAtTheSameAddress(String kind, Call call) {
        Backend backend = BackendsUnderTest.open(kind);
        for (int channels : new int[] {3, 4, 3}) {
            int[] dims = {4, channels, 1, 1};
            int n = Workspace.count(dims);
            List<float[]> expected = inTurns(BackendsUnderTest.reference(), call, dims);
            List<float[]> actual = inTurns(backend, call, dims);
            for (int i = 0; i < 4; i++) Compare.close(call + " of " + n, expected.get(i), actual.get(i), 0, 2e-6);
        }
    }

    private static List<float[]> inTurns(Backend backend, Call call, int[] dims) {
        int n = Workspace.count(dims);
        List<float[]> results = new ArrayList<>();
        try (Workspace k = new Workspace(backend)) {
            Storage[] arrays = new Storage[4];
            for (int i = 0; i < 4; i++) {
                arrays[i] = k.parameter(dims);
                float[] data = gauss(i, n);
                for (int j = 0; j < n; j++) data[j] = i == 3 ? Math.abs(data[j]) : data[j];
                backend.transfer().upload(data, arrays[i]);
            }
            UpdateSlot slot = new UpdateSlot(
                    arrays[0],
                    arrays[1],
                    arrays[2],
                    call == Call.ADAM ? arrays[3] : null,
                    k.put(gauss(5, 2)),
                    null,
                    k.put(new float[2]),
                    new GroupIndex(2, 3));
            run(call, backend, k.put(0.1f), List.of(slot));
            add(k, results, slot.weight(), slot.gradient(), slot.momentum(), slot.l1());
        }
        return results;
    }
}
