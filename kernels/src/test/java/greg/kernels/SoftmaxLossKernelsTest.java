package greg.kernels;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cross-entropy, its gradient and the counts of correct answers. */
class SoftmaxLossKernelsTest {
    private record Results(float[] loss, float[] dlogits, float[] metrics) {}

    /** The second of two calls, to show that metrics accumulate and the loss does not. */
    private static Results run(Backend backend, int n, int k, float[] logits, int[] labels) {
        try (Workspace ws = new Workspace(backend)) {
            Storage z = ws.put(logits);
            Storage label = ws.put(labels);
            Storage loss = ws.out(1);
            Storage dlogits = ws.out(n, k);
            Storage metrics = ws.put(1, 2, 3);
            backend.softmaxLoss().forward(n, k, z, label, loss, null, metrics);
            backend.softmaxLoss().forward(n, k, z, label, loss, dlogits, metrics);
            Compare.identical("softmaxLoss leaves the logits alone", logits, ws.get(z, n, k));
            return new Results(ws.get(loss, 1), ws.get(dlogits, n, k), ws.get(metrics, 3));
        }
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#others")
    void agreesWithReference(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        int[][] sizes = {{1, 1}, {1, 2}, {2, 3}, {5, 10}, {64, 10}, {7, 100}, {3, 1000}, {129, 17}, {33, 5}};
        assertAll(Stream.of(sizes).flatMap(size -> Stream.of(0.1f, 3f, 1e4f).map(scale -> () -> {
            int n = size[0];
            int k = size[1];
            float[] logits = gauss(1, n, k);
            int[] labels = new int[n];
            for (int i = 0; i < logits.length; i++) logits[i] = scale * Math.round(logits[i] * 4) / 4; // many ties
            for (int i = 0; i < n; i++) labels[i] = i * 7 % k;
            Results expected = run(BackendsUnderTest.reference(), n, k, logits, labels);
            Results actual = run(backend, n, k, logits, labels);
            String what = Arrays.toString(size) + " scale " + scale;
            Compare.close(what + " loss", expected.loss, actual.loss, 1e-6, 2e-6);
            Compare.close(what + " dlogits", expected.dlogits, actual.dlogits, 1e-6 / n, 1e-5);
            Compare.close(what + " metrics", expected.metrics, actual.metrics, 1e-5, 2e-6);
            for (int m = 1; m < 3; m++) {
                Compare.equal(what + " counts", new float[] {expected.metrics[m]}, new float[] {actual.metrics[m]});
            }
        })));
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void agreesWithTorch(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float[] logits = TorchNumbers.of("cross entropy", "logits");
        float[] loss = TorchNumbers.of("cross entropy", "loss");
        Results results = run(backend, 3, 6, logits, new int[] {2, 5, 4});
        Compare.close("loss", loss, results.loss, 1e-6, 1e-6);
        Compare.close("dlogits", TorchNumbers.of("cross entropy", "dlogits"), results.dlogits, 1e-7, 1e-6);
        // ranks by hand: sample 0 second (1.25 beats 0.375), 1 fifth (only -12500 is less), 2 third (1.375, equal index
        // 0)
        Compare.close("metrics", new float[] {1 + 6 * loss[0], 2, 9}, results.metrics, 1e-4, 1e-6);
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void ranksByValueThenIndex(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float nan = Float.NaN;
        float[] logits = {
            1, 1, 1, 1, 1, 1, 1, // all equal: label 4 has rank 4, label 5 rank 5
            1, 1, 1, 1, 1, 1, 1, //
            0, 0, 2, 2, 0, 0, 0, // label 2 wins its tie, label 3 loses it
            0, 0, 2, 2, 0, 0, 0, //
            nan, nan, nan, nan, nan, nan, nan, // a diverged network is never correct
            5, nan, 0, 0, 0, 0, 0, // a NaN beats the largest
            nan, 0, 0, 0, 0, 0, 0, // and loses to the smallest
        };
        int[] labels = {4, 5, 2, 3, 0, 0, 0};
        Results results = run(backend, labels.length, 7, logits, labels);
        float[] counts = {results.metrics[1], results.metrics[2]};
        Compare.equal("top 1 and top 5, twice", new float[] {2 + 2 * 1, 3 + 2 * 4}, counts);
    }

    /** A network that diverges must show it: NaN and infinity propagate as defined. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void whatIsNotFiniteShows(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        float nan = Float.NaN;
        float inf = Float.POSITIVE_INFINITY;
        float[][] rows = {
            {1, nan, 2},
            {nan, 1, 2},
            {nan, nan, nan},
            {inf, 1, 2},
            {inf, inf, 2},
            {inf, nan, 2},
            {-inf, 1, 2},
            {-inf, -inf, 2},
            {-inf, -inf, -inf},
            {-inf, inf, 2},
            {1, 2, 3},
        };
        // (row, label): loss, then dlogits, by hand from ln(sum exp(z - max)) + max - z[label] in IEEE arithmetic
        assertAll(Stream.of(rows).flatMap(row -> Stream.of(0, 1, 2).map(label -> () -> {
            float max = Math.max(row[0], Math.max(row[1], row[2]));
            double sum = 0;
            for (float z : row) sum += Math.exp((double) z - max);
            float[] loss = {(float) (Math.log(sum) + max - row[label])};
            float[] gradient = new float[3];
            for (int j = 0; j < 3; j++) {
                gradient[j] = (float) (Math.exp((double) row[j] - max) / sum - (j == label ? 1 : 0));
            }
            Results results = run(backend, 1, 3, row, new int[] {label});
            String what = Arrays.toString(row) + " label " + label;
            same(what + " loss", loss, results.loss);
            same(what + " dlogits", gradient, results.dlogits);
            same(what + " metrics", new float[] {1 + 2 * loss[0]}, new float[] {results.metrics[0]});
        })));
        // in a long row, where each lane of a warp has several logits, and together with good rows
        int k = 100;
        for (float bad : new float[] {nan, inf}) {
            float[] logits = gauss(3, 3 * k);
            logits[k + 77] = bad;
            Results results = run(backend, 3, k, logits, new int[] {5, 6, 7});
            for (int i = 0; i < 3 * k; i++) {
                boolean inBadRow = i / k == 1;
                assertEquals(inBadRow, Float.isNaN(results.dlogits[i]), "a row with " + bad + ": dlogits " + i);
            }
            same("the loss of all rows", new float[] {nan}, results.loss);
        }
    }

    /** With the tolerance of the other tests, but NaN where NaN is expected, and the same infinity. */
    private static void same(String what, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            if (Float.isFinite(expected[i])) {
                Compare.close(what, new float[] {expected[i]}, new float[] {actual[i]}, 1e-6, 2e-6);
            } else {
                assertEquals(expected[i], actual[i], what + " element " + i);
            }
        }
    }

    /** Five or fewer classes: every label is in the top 5, unless the network has diverged. */
    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void aNanIsNeverRight(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        for (int k : new int[] {1, 2, 5}) {
            float[] logits = new float[2 * k];
            Arrays.fill(logits, 0, k, Float.NaN);
            Results results = run(backend, 2, k, logits, new int[2]);
            float[] counts = {results.metrics[1], results.metrics[2]};
            Compare.equal(k + " classes, twice", new float[] {2 + 2, 3 + 2}, counts);
        }
    }
}
