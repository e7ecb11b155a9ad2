package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static greg.kernels.Workspace.ramp;
import static org.junit.jupiter.api.Assertions.assertAll;

import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimizer steps: float32 with prescribed roundings, so weights and moments must agree to the bit. */
class UpdateKernelsTest {
    /** (length, groups or 0 for no lambda, inner, mask?, l1?): filters, channels, weights; then plain slots. */
    private static final int[][] SLOTS = {
        {135, 5, 27, 0, 1}, {135, 3, 9, 1, 1}, {135, 135, 1, 1, 0}, {19008, 64, 297, 0, 1}, {19008, 33, 9, 0, 0},
        {221, 221, 1, 0, 1}, {1, 0, 1, 0, 0}, {7, 0, 1, 1, 0}, {1001, 0, 1, 0, 0}, {16, 0, 1, 0, 0}
    };

    private enum Rule {
        SGD(new SgdSpec(0.9f, 5e-4f, false, false)),
        NESTEROV(new SgdSpec(0.9f, 1e-4f, true, false)),
        PLAIN(new SgdSpec(0, 0, false, false)),
        BLOCKED(new SgdSpec(0.9f, 5e-4f, false, true)),
        ADAM(null),
        ADAM_DECAY(null);

        private final SgdSpec spec;

        Rule(SgdSpec spec) {
            this.spec = spec;
        }
    }

    /** Weights, moments and sums after each of three steps with different gradients and rates. */
    private static List<float[]> run(Backend backend, Rule rule) {
        try (Workspace k = new Workspace(backend)) {
            boolean adam = rule.spec == null;
            List<UpdateSlot> table = new ArrayList<>();
            for (int s = 0; s < SLOTS.length; s++) {
                int[] d = SLOTS[s];
                float[] mask = gauss(100 + s, d[0]);
                for (int i = 0; i < mask.length; i++) mask[i] = mask[i] > 0 ? 1 : 0;
                table.add(new UpdateSlot(
                        k.put(gauss(s, d[0])),
                        k.out(d[0]),
                        rule == Rule.PLAIN ? null : k.put(new float[d[0]]),
                        adam ? k.put(new float[d[0]]) : null,
                        d[1] > 0 ? k.put(gauss(200 + s, d[1])) : null,
                        d[3] > 0 ? k.put(mask) : null,
                        d[4] > 0 ? k.out(d[1]) : null,
                        d[1] > 0 ? new GroupIndex(d[1], d[2]) : null));
            }
            Storage lr = k.out(1);
            List<float[]> results = new ArrayList<>();
            for (int step = 1; step <= 3; step++) {
                backend.transfer().upload(new float[] {step < 3 ? 0.1f : 0.003f}, lr);
                for (UpdateSlot slot : table) {
                    float[] gradient = gauss(1000L * step + slot.weight().length(), (int)
                            slot.weight().length());
                    backend.transfer().upload(gradient, slot.gradient());
                }
                if (adam) {
                    AdamSpec spec = AdamSpec.standard(rule == Rule.ADAM ? 0 : 5e-4);
                    backend.update().adam(spec, lr, step, table);
                } else {
                    backend.update().sgd(rule.spec, lr, table);
                }
                for (UpdateSlot slot : table) {
                    int length = (int) slot.weight().length();
                    results.add(k.get(slot.weight(), length));
                    results.add(slot.momentum() == null ? new float[0] : k.get(slot.momentum(), length));
                    results.add(slot.variance() == null ? new float[0] : k.get(slot.variance(), length));
                    results.add(
                            slot.l1() == null
                                    ? new float[0]
                                    : k.get(slot.l1(), (int) slot.l1().length()));
                }
            }
            return results;
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        String[] parts = {"weight", "momentum", "variance", "l1"};
        assertAll(Stream.of(Rule.values()).map(rule -> () -> {
            List<float[]> expected = run(BackendsUnderTest.reference(), rule);
            List<float[]> actual = run(backend, rule);
            for (int i = 0; i < expected.size(); i++) {
                int slot = i / 4 % SLOTS.length;
                String what = rule + " step " + (i / 4 / SLOTS.length + 1) + " slot " + slot
                        + Arrays.toString(SLOTS[slot]) + " " + parts[i % 4];
                if (i % 4 < 3) Compare.identical(what, expected.get(i), actual.get(i));
                else Compare.close(what, expected.get(i), actual.get(i), 0, 2e-6);
            }
        }));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void maskAndSumsFollowTheStep(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Workspace k = new Workspace(backend)) {
            Storage w = k.put(1, -2, 3, -4, 5, -6);
            Storage l1 = k.out(3);
            UpdateSlot slot = new UpdateSlot(
                    w, k.put(2, 2, 2, 2, 2, 2), null, null, null, k.put(1, 0, 1, 1, 1, 0), l1, new GroupIndex(3, 1));
            backend.update().sgd(new SgdSpec(0, 0, false, false), k.put(0.5f), List.of(slot));
            Compare.equal("w", new float[] {0, 0, 2, -5, 4, 0}, k.get(w, 6));
            Compare.equal("l1", new float[] {5, 4, 2}, k.get(l1, 3));
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void equalsTorchToTheBit(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[] rates = {0.1f, 0.1f, 0.01f};
        torch(backend, "sgd", new SgdSpec(0.9f, 5e-4f, false, false), rates);
        torch(backend, "nesterov", new SgdSpec(0.9f, 5e-4f, true, false), rates);
        torch(backend, "plain", new SgdSpec(0, 0, false, false), rates);
        torch(backend, "penalty", new SgdSpec(0.9f, 5e-4f, false, false), rates);
        torch(backend, "adam", null, new float[] {0x1p-10f, 0x1p-10f, 0x1p-10f});
    }

    /** Around the step from which on the corrections of 0.9 are 1, that of 0.999, and far after both. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void adamLongAfterItsStart(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (AdamSpec spec : List.of(AdamSpec.standard(0), new AdamSpec(0, 0.5, 1e-8, 0))) {
            for (long step : new long[] {1, 100, 355, 356, 16_626, 16_628, 20_000, 5_000_000_000L}) {
                float[][] results = new float[2][];
                for (int b = 0; b < 2; b++) {
                    Backend on = b == 0 ? BackendsUnderTest.reference() : backend;
                    try (Workspace k = new Workspace(on)) {
                        Storage w = k.put(gauss(1, 9));
                        UpdateSlot slot = new UpdateSlot(
                                w, k.put(gauss(2, 9)), k.put(gauss(3, 9)), k.put(new float[9]), null, null, null, null);
                        on.update().adam(spec, k.put(0.1f), step, List.of(slot));
                        results[b] = k.get(w, 9);
                    }
                }
                Compare.identical(spec + " step " + step, results[0], results[1]);
            }
        }
    }

    private static void torch(Backend backend, String section, SgdSpec spec, float[] rates) {
        try (Workspace k = new Workspace(backend)) {
            Storage w = k.put(TorchNumbers.x(7));
            Storage gradient = k.out(7);
            Storage m = section.equals("plain") ? null : k.put(new float[7]);
            Storage v = spec == null ? k.put(new float[7]) : null;
            Storage lambda = section.equals("penalty") ? k.put(.3f, 0, .1f) : null;
            UpdateSlot slot = new UpdateSlot(w, gradient, m, v, lambda, null, null, new GroupIndex(3, 1));
            Storage lr = k.out(1);
            for (int s = 0; s < rates.length; s++) {
                backend.transfer().upload(new float[] {rates[s]}, lr);
                backend.transfer().upload(ramp(3 + s, 11, 8, 7), gradient);
                if (spec == null) backend.update().adam(AdamSpec.standard(5e-4), lr, s + 1, List.of(slot));
                else backend.update().sgd(spec, lr, List.of(slot));
            }
            Compare.identical(section + " weight", TorchNumbers.of(section, "w"), k.get(w, 7));
            String moment = spec == null ? "exp_avg" : "momentum_buffer";
            if (m != null) Compare.identical(section + " moment", TorchNumbers.of(section, moment), k.get(m, 7));
            if (v != null) Compare.identical(section, TorchNumbers.of(section, "exp_avg_sq"), k.get(v, 7));
        }
    }
}
