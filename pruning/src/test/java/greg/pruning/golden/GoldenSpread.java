package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.golden.GoldenCase.Layer;
import greg.pruning.growth.LayerState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How far a run may be from the recorded one: the reference itself was run again from initial weights changed by one unit in
 * the last place, and {@code variation.json} says how far its results differ. That is two runs per case. When the sign of an
 * activation first flips is a lottery, in which two are few, so two further sources count: the cases that start from the
 * same network, which take the same first steps but for the penalty; and for the bundled trainings {@code
 * variation-more.json}, reruns in PyTorch. In LeNet-5 for one, the two reruns differ by no more than 5e-7 before iteration
 * 150; of twenty further ones twelve differ by 4e-5 and more, as ours may on a machine that adds in another order.
 */
final class GoldenSpread {
    /** Ours differs by the order of every sum in every step, not by one rounding of the weights. */
    private static final double MARGIN = 3;

    /** About one rounding of a loss near 2. */
    private static final double LOSS_FLOOR = 2.4e-7;

    /** The reference adds up to 5,000 float32 numbers one after the other for a score. */
    private static final double RATIO_FLOOR = 3e-7;

    private final GoldenCase golden;
    private final List<JsonNode> reruns = new ArrayList<>();
    private final List<JsonNode> sameNetwork = new ArrayList<>();

    GoldenSpread(GoldenCase golden) {
        this.golden = golden;
        for (GoldenCase other :
                Stream.concat(GoldenCase.all(), GoldenCase.inBundle()).toList()) {
            boolean same = Stream.of("arch", "cfg")
                    .allMatch(k -> golden.settings.path(k).equals(other.settings.path(k)));
            if (same) sameNetwork.addAll(runs(other));
            if (other.name.equals(golden.name)) reruns.addAll(runs(other));
        }
    }

    private static List<JsonNode> runs(GoldenCase golden) {
        List<JsonNode> runs = new ArrayList<>();
        for (String file : List.of("variation", "variation-more")) {
            JsonNode variation = golden.json(file);
            if (variation != null) variation.get("runs").forEach(runs::add);
        }
        return runs;
    }

    /** Losses within the first 10, 20, 30, ... iterations. */
    void losses(double[] differences) {
        within("max_abs_loss_diff_within_first", sameNetwork, LOSS_FLOOR, differences, "loss");
    }

    /** Magnitude ratios before iteration 10, 50, 100, ... */
    void ratios(double[] differences) {
        within("max_rel_mag_ratio_momentum_diff_before_iteration", reruns, RATIO_FLOOR, differences, "ratio");
    }

    private void within(String key, List<JsonNode> runs, double floor, double[] differences, String what) {
        StringBuilder table = new StringBuilder(golden + ", " + what + ", ours / the reference's own:");
        List<String> outside = new ArrayList<>();
        assertFalse(reruns.isEmpty(), golden + " has no variation.json: how far may its " + what + " be?");
        for (Map.Entry<String, JsonNode> entry : reruns.get(0).path(key).properties()) {
            int end = Math.min(Integer.parseInt(entry.getKey()), differences.length);
            double ours = Arrays.stream(differences, 0, end).max().orElse(0);
            double theirs = runs.stream()
                    .map(r -> r.path(key).path(entry.getKey()))
                    .filter(JsonNode::isNumber)
                    .mapToDouble(JsonNode::doubleValue)
                    .max()
                    .orElse(0);
            String line = String.format(" %d: %.2g/%.2g", end, ours, theirs);
            table.append(line);
            if (!(ours <= MARGIN * Math.max(theirs, floor))) outside.add(line);
        }
        System.out.println(table);
        assertTrue(outside.isEmpty(), "outside of the spread " + outside + "; " + table);
    }

    /** Selections: exact where the reference makes the same ones from changed weights too. */
    void selections(List<LayerState> layers) {
        int differ = 0;
        for (int i = 0; i < layers.size(); i++) {
            Layer recorded = golden.layers.get(i);
            int[] kept = layers.get(i).selection().kept();
            assertTrue(
                    kept.length == recorded.json().get("n_kept").intValue(), recorded.name() + " keeps " + kept.length);
            BitSet theirs = new BitSet();
            for (int group : recorded.ints("kept")) theirs.set(group);
            differ += (int) IntStream.of(kept).filter(g -> !theirs.get(g)).count();
        }
        int most = reruns.stream()
                .map(r -> r.get("n_kept_groups_that_differ"))
                .mapToInt(n -> (int) n.properties().stream()
                        .mapToLong(e -> e.getValue().longValue())
                        .sum())
                .max()
                .orElse(0);
        System.out.println(golden + ", kept groups that differ: " + differ + ", the reference's own: " + most);
        assertTrue(differ <= MARGIN * most, differ + " kept groups differ, in the reference itself " + most);
    }
}
