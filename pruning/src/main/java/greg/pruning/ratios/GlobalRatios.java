package greg.pruning.ratios;

import greg.nn.SettingException;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.ChannelSets;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import java.util.Arrays;
import java.util.List;

/**
 * One ratio for the whole network instead of one per layer. The groups of all layers are put into one
 * order by score divided by the mean score of their layer, and the smallest are removed, whichever layers they are in; every
 * layer keeps at least one. The result is a ratio per layer, with which every method works.
 */
final class GlobalRatios {
    private GlobalRatios() {}

    /**
     * The ratio of each layer, from the network's weights as they are now.
     *
     * @param ratios from {@link PruningRatios#resolve}: 0 for layers that stay whole, and the same ratio for all others
     * @return one ratio per layer that removes exactly the number of its groups found
     * @throws IllegalArgumentException if the ratios differ, or leave the number to the scores
     */
    static double[] of(ChannelGraph graph, double[] ratios, ChannelSets sets) {
        check(ratios);
        double[] distinct = distinct(ratios);
        double[] result = ratios.clone();
        if (distinct.length == 0) return result;
        List<ScoredSet> ranked = ScoredSet.of(graph, ratios, sets);
        int[] counts = counts(ranked, distinct[0]);
        for (int i = 0; i < counts.length; i++) {
            int units = ranked.get(i).scores().length;
            double ratio = Selection.ratioOf(counts[i], units);
            for (int layer : ranked.get(i).layers()) result[layer] = ratio;
        }
        return result;
    }

    /** IllegalArgumentException if the ratios differ, or leave the number to the scores; needs no weights. */
    static void check(double[] ratios) {
        double[] distinct = distinct(ratios);
        if (distinct.length > 1 || distinct.length == 1 && distinct[0] == Selection.AUTOMATIC) {
            throw new SettingException(
                    "global",
                    "expected one ratio in [0, 1) for all layers, got " + Arrays.toString(distinct)
                            + "; write ratios = 0.5");
        }
    }

    private static double[] distinct(double[] ratios) {
        return Arrays.stream(ratios).filter(r -> r != 0).distinct().toArray();
    }

    /** How many units of each are removed, so that at least {@code ratio} of all groups are, while one unit of each stays. */
    private static int[] counts(List<ScoredSet> ranked, double ratio) {
        int units = 0;
        long groups = 0;
        for (ScoredSet r : ranked) {
            units += r.scores().length;
            groups += (long) r.scores().length * r.groupsPerUnit();
        }
        // normalised score and place in the list packed into one long, to sort millions of single weights
        long[] keys = new long[units];
        int at = 0;
        for (int i = 0; i < ranked.size(); i++) {
            float mean = L1Scores.mean(ranked.get(i).scores());
            for (float score : ranked.get(i).scores()) {
                float normalised = mean == 0 ? 0 : score / mean;
                keys[at++] = (long) Float.floatToIntBits(normalised) << 32 | i;
            }
        }
        Arrays.sort(keys);
        int[] counts = new int[ranked.size()];
        long left = (long) Math.ceil(ratio * groups);
        for (int k = 0; k < keys.length && left > 0; k++) {
            int i = (int) keys[k];
            if (counts[i] == ranked.get(i).scores().length - 1) continue;
            counts[i]++;
            left -= ranked.get(i).groupsPerUnit();
        }
        return counts;
    }
}
