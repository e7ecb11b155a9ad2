package greg.pruning.graph;

import greg.datasets.random.Seeds;
import greg.pruning.select.PickPruned;
import greg.pruning.select.Selection;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which groups of a layer are removed together, with each other and with groups of other layers. A <em>unit</em> is what is
 * removed as one: usually a single group; in a grouped convolution one channel of every group; among layers that meet in an
 * addition one channel of each.
 *
 * @param set name of the set of layers that lose the same units; a layer on its own has its own name here
 * @param units the unit of each group, numbered from 0, the same way in all layers of the set; null where every group is
 *     its own
 * @param keepOne sets of units in each of which one must stay, because some layer has no other filters
 */
public record Coupling(String set, int[] units, int[][] keepOne) {
    /** Every group on its own. */
    public static Coupling none(String layer) {
        return new Coupling(layer, null, new int[0][]);
    }

    /** Number of units among {@code groups} groups. */
    public int count(int groups) {
        return units == null ? groups : Arrays.stream(units).max().orElse(-1) + 1;
    }

    /**
     * Chooses units and with them their groups.
     *
     * @param scores one per group; groups of one unit have equal ones
     * @param seed of the run; every set has its own stream, so that a random choice does not depend on the ratio of another
     */
    public Selection choose(float[] scores, double ratio, PickPruned pick, long seed) {
        long stream = Seeds.stream(seed, "pick." + set);
        if (units == null) return Selection.choose(scores, ratio, pick, stream, keepOne);
        float[] perUnit = new float[count(scores.length)];
        for (int g = 0; g < scores.length; g++) perUnit[units[g]] = scores[g];
        int[] order = Selection.choose(perUnit, ratio, pick, stream, keepOne).pruned();
        return Selection.of(
                scores.length, Arrays.stream(order).flatMap(this::groupsOf).toArray());
    }

    private IntStream groupsOf(int unit) {
        return IntStream.range(0, units.length).filter(g -> units[g] == unit);
    }
}
