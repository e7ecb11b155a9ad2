package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.model.Networks;
import greg.nn.optim.Sgd;
import greg.nn.train.Metrics;
import greg.nn.train.TrainData;
import greg.nn.train.Trainer;
import greg.pruning.graph.Granularity;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.CrossEntropyOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OracleTest {
    private static final int BATCH = 8;
    private static final Shape IMAGE = Shape.of(1, 1, 28, 28);

    private final Backend backend = Backends.open("auto", BackendOptions.standard());
    private final float[] images = new float[BATCH * 28 * 28];
    private final int[] labels = {0, 1, 2, 3, 4, 5, 6, 7};

    OracleTest() {
        Random random = new Random(4);
        for (int i = 0; i < images.length; i++) images[i] = (float) random.nextGaussian();
    }

    private NnModule fresh() {
        NnModule net = Networks.createInitialized("lenet5", backend, 1, 28, 10, 7);
        Tensor weight = net.parameters().get("conv1.weight").tensor();
        float[] values = weight.toHost();
        // filters 1 and 4 do nothing at all: removing both changes nothing
        for (int f : new int[] {1, 4}) for (int i = 0; i < 25; i++) values[f * 25 + i] = 0;
        weight.set(values);
        Tensor bias = net.parameters().get("conv1.bias").tensor();
        float[] offsets = bias.toHost();
        offsets[1] = 0;
        offsets[4] = 0;
        bias.set(offsets);
        return net;
    }

    private Tensor input(Scope scope) {
        return scope.own(Tensor.of(backend, Shape.of(BATCH, 1, 28, 28), images));
    }

    private double loss(NnModule net) {
        net.eval();
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin();
                Metrics metrics = new Metrics(backend)) {
            Tensor y = scope.own(Tensor.ofInts(backend, Shape.of(BATCH), labels));
            return CrossEntropyOp.apply(net.forward(input(scope)), y, metrics.sums())
                    .item();
        }
    }

    private void train(NnModule net) {
        try (Sgd sgd = new Sgd(net, 0, 0)) {
            sgd.learningRate(0.05f);
            new Trainer(net, sgd).run(TrainData.of(images, IMAGE, labels, BATCH), 3);
        }
    }

    @Test
    void allWaysToRemoveTwoFiltersAreMeasuredAndIdleFiltersCostNothing() {
        Oracle oracle = new Oracle(this::fresh, IMAGE, this::loss, this::train);
        Oracle.Result result = oracle.study("conv1", 2, 1000, List.of(), 0);
        assertEquals(15, result.outcomes().size());
        assertTrue(result.exhaustive());
        double dense;
        float[] scores;
        try (NnModule net = fresh()) {
            dense = loss(net);
            scores = L1Scores.ofWeights(
                    net.parameters().get("conv1.weight").tensor().toHost(), Granularity.FILTER.index(6, 1, 25));
        }
        assertEquals(dense, result.of(1, 4).loss(), 1e-5);
        // L1 finds them
        int[] l1 = Selection.smallest(scores, 2 / 6.0).pruned();
        assertEquals(List.of(1, 4), result.of(l1).pruned());
        assertEquals(result.rank(4, 1), result.rank(1, 4));
        // a filter without weights and bias sends zeros, which is the same as removing it
        int better = 0;
        for (int a = 0; a < 6; a++) {
            for (int b = a + 1; b < 6; b++) {
                double silenced = lossWithout(a, b);
                assertEquals(silenced, result.of(a, b).loss(), 1e-5, a + " and " + b);
                if (a == 1 && b == 4) continue;
                assertTrue(
                        Math.abs(silenced - dense) > 1e-4, "a tie would leave the rank to rounding: " + a + ", " + b);
                if (silenced < dense) better++;
            }
        }
        assertEquals(better + 1, result.rank(l1));
        for (Oracle.Outcome outcome : result.outcomes()) {
            assertTrue(outcome.tuned() < outcome.loss(), "training helps: " + outcome);
        }
        assertEquals(
                spearman(
                        result.outcomes().stream()
                                .mapToDouble(Oracle.Outcome::loss)
                                .toArray(),
                        result.outcomes().stream()
                                .mapToDouble(Oracle.Outcome::tuned)
                                .toArray()),
                result.rankCorrelation(),
                1e-12);
        int[] best =
                result.outcomes().stream()
                        .min((a, b) -> Double.compare(a.tuned(), b.tuned()))
                        .orElseThrow()
                        .pruned()
                        .stream()
                        .mapToInt(Integer::intValue)
                        .toArray();
        assertEquals(1, result.tunedRank(best));
    }

    /** The input channels of conv2 are the filters of conv1: removing the one removes the other. */
    @Test
    void channelsAreTheFiltersThatProduceThem() {
        Oracle oracle = new Oracle(this::fresh, IMAGE, this::loss, null);
        Oracle.Result filters = oracle.study("conv1", 2, 1000, List.of(), 0);
        Oracle.Result channels = oracle.study("conv2", Granularity.CHANNEL, 2, 1000, List.of(), 0);
        assertEquals(6, channels.groups());
        assertEquals(15, channels.outcomes().size());
        for (Oracle.Outcome outcome : channels.outcomes()) {
            int[] pruned = outcome.pruned().stream().mapToInt(Integer::intValue).toArray();
            assertEquals(filters.of(pruned).loss(), outcome.loss(), 1e-6, outcome.toString());
        }
    }

    /** Against the same weights set to zero by hand. */
    @Test
    void singleWeightsAreMasked() {
        int[] candidate = new int[25]; // filter 2
        for (int i = 0; i < 25; i++) candidate[i] = 2 * 25 + i;
        Oracle oracle = new Oracle(this::fresh, IMAGE, this::loss, this::train);
        Oracle.Result result = oracle.study("conv1", Granularity.WEIGHT, 25, 3, List.of(candidate), 1);
        assertEquals(150, result.groups());
        assertEquals(3, result.outcomes().size());
        double expected;
        try (NnModule net = fresh()) {
            Tensor weight = net.parameters().get("conv1.weight").tensor();
            float[] values = weight.toHost();
            for (int i : candidate) values[i] = 0;
            weight.set(values);
            expected = loss(net);
        }
        assertEquals(expected, result.of(candidate).loss(), 1e-6);
        assertTrue(result.of(candidate).tuned() < expected, "the masked network is trained");
    }

    /** The loss of the whole network with these two filters of conv1 silenced. */
    private double lossWithout(int... filters) {
        try (NnModule net = fresh()) {
            Tensor weight = net.parameters().get("conv1.weight").tensor();
            Tensor bias = net.parameters().get("conv1.bias").tensor();
            float[] values = weight.toHost();
            float[] offsets = bias.toHost();
            for (int f : filters) {
                offsets[f] = 0;
                for (int i = 0; i < 25; i++) values[f * 25 + i] = 0;
            }
            weight.set(values);
            bias.set(offsets);
            return loss(net);
        }
    }

    /** By the definition: the correlation of the ranks, where equals share the mean of theirs. */
    private static double spearman(double[] x, double[] y) {
        double xy = 0;
        double xx = 0;
        double yy = 0;
        double mean = (x.length + 1) / 2.0;
        for (int i = 0; i < x.length; i++) {
            double a = rank(x, i) - mean;
            double b = rank(y, i) - mean;
            xy += a * b;
            xx += a * a;
            yy += b * b;
        }
        return xy / Math.sqrt(xx * yy);
    }

    private static double rank(double[] values, int choice) {
        int below = 0;
        int equal = 0;
        for (double v : values) {
            if (v < values[choice]) below++;
            if (v == values[choice]) equal++;
        }
        return below + (equal + 1) / 2.0;
    }

    /** Worked out by hand: differences of rank 1, 1, 1, 1, 0, so 1 - 6 * 4 / (5 * 24). */
    @Test
    void ranksAndTheirCorrelationOfFiveKnownOutcomes() {
        double[] before = {0.5, 0.1, 0.3, 0.4, 0.9};
        double[] after = {0.4, 0.2, 0.1, 0.5, 0.6};
        List<Oracle.Outcome> outcomes = new ArrayList<>();
        List<Oracle.Outcome> reversed = new ArrayList<>();
        for (int i = 0; i < before.length; i++) {
            outcomes.add(new Oracle.Outcome(List.of(i), before[i], after[i]));
            reversed.add(new Oracle.Outcome(List.of(i), before[i], -before[i]));
        }
        Oracle.Result result = new Oracle.Result("conv", 5, 5, outcomes);
        int[] ranks = {4, 1, 2, 3, 5};
        int[] tuned = {3, 2, 1, 4, 5};
        for (int i = 0; i < ranks.length; i++) {
            assertEquals(ranks[i], result.rank(i), "choice " + i);
            assertEquals(tuned[i], result.tunedRank(i), "choice " + i + " after finetuning");
        }
        assertEquals(0.8, result.rankCorrelation(), 1e-12);
        assertEquals(-1, new Oracle.Result("conv", 5, 5, reversed).rankCorrelation(), 1e-12);
    }

    @Test
    void aSampleHasItsSizeItsSeedAndTheCandidates() {
        Oracle oracle = new Oracle(this::fresh, IMAGE, this::loss, null);
        Oracle.Result result = oracle.study("conv2", 8, 6, List.of(new int[] {7, 6, 5, 4, 3, 2, 1, 0}), 3);
        assertEquals(6, result.outcomes().size());
        assertEquals(12870, result.combinations());
        assertFalse(result.exhaustive());
        assertEquals(
                6,
                result.outcomes().stream()
                        .map(Oracle.Outcome::pruned)
                        .distinct()
                        .count());
        assertTrue(Double.isNaN(result.of(0, 1, 2, 3, 4, 5, 6, 7).tuned()));
        assertEquals(result, oracle.study("conv2", 8, 6, List.of(new int[] {0, 1, 2, 3, 4, 5, 6, 7}), 3));
        assertThrows(IllegalArgumentException.class, () -> result.of(0, 1));
        assertThrows(IllegalArgumentException.class, () -> oracle.study("conv1", 6, 10, List.of(), 0));
        assertThrows(IllegalArgumentException.class, () -> oracle.study("conv1", 2, 10, List.of(new int[3]), 0));
    }
}
