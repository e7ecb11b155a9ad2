package greg.kernels;

import static greg.kernels.Workspace.gauss;

import greg.kernels.spec.GroupIndex;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The growing penalty on its own, over filters, channels and weights. */
class PenaltyKernelsTest {
    /** (length, group count, inner): filters, channels and single weights of (5,3,3,3), (17,13,1,1), (64,33,3,3)... */
    private static final int[][] WEIGHTS = {
        {135, 5, 27},
        {135, 3, 9},
        {135, 135, 1},
        {221, 17, 13},
        {221, 13, 1},
        {221, 221, 1},
        {19008, 64, 297},
        {19008, 33, 9},
        {19008, 19008, 1},
        {1, 1, 1},
        // fewer elements than groups have room for: the last groups are short, or empty
        {5, 5, 3},
        {3000, 5000, 1}
    };

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithItsDefinition(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        try (Workspace k = new Workspace(backend)) {
            List<UpdateSlot> table = new ArrayList<>();
            List<float[]> gradients = new ArrayList<>();
            List<float[]> sums = new ArrayList<>();
            for (int[] d : WEIGHTS) {
                GroupIndex groups = new GroupIndex(d[1], d[2]);
                float[] w = gauss(1, d[0]);
                float[] gradient = gauss(2, d[0]);
                float[] lambda = gauss(3, d[1]);
                Storage l1 = k.out(d[1]);
                table.add(new UpdateSlot(k.put(w), k.put(gradient), null, null, k.put(lambda), null, l1, groups));
                double[] sum = new double[d[1]];
                for (int i = 0; i < w.length; i++) {
                    int group = i / d[2] % d[1];
                    gradient[i] = gradient[i] + lambda[group] * w[i];
                    sum[group] += Math.abs(w[i]);
                }
                float[] rounded = new float[sum.length];
                for (int g = 0; g < sum.length; g++) rounded[g] = (float) sum[g];
                gradients.add(gradient);
                sums.add(rounded);
            }
            Storage untouched = k.put(gauss(4, 7));
            table.add(new UpdateSlot(k.put(gauss(5, 7)), untouched, null, null, null, null, null, null));
            backend.penalty().addGradient(table);
            backend.penalty().groupL1(table);
            for (int s = 0; s < WEIGHTS.length; s++) {
                UpdateSlot slot = table.get(s);
                int[] d = WEIGHTS[s];
                Compare.identical("gradient " + s, gradients.get(s), k.get(slot.gradient(), d[0]));
                Compare.close("l1 " + s, sums.get(s), k.get(slot.l1(), d[1]), 0, 2e-6);
            }
            Compare.identical("slot without lambda", gauss(4, 7), k.get(untouched, 7));
        }
    }
}
