package greg.pruning.select;

import greg.datasets.random.SplitMix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which groups of a layer are removed and which stay.
 *
 * @param pruned numbers of the groups to remove, in the order in which they were chosen
 * @param kept numbers of the groups that stay, ascending: their order in the smaller layer
 */
public record Selection(int[] pruned, int[] kept) {
    /** The ratio that stands for "find the number in the layer's own scores": {@link #countAtLargestGap}. */
    public static final double AUTOMATIC = -1;

    /** The share of the scores that the gap search ignores at each end. */
    private static final double TRIM = 0.02;

    /** Removes nothing. */
    public static Selection keepAll(int groups) {
        return of(groups, new int[0]);
    }

    /**
     * Removes the groups {@code pruned} of {@code groups}; IllegalArgumentException for a number out of range or given
     * twice.
     */
    public static Selection of(int groups, int... pruned) {
        boolean[] isPruned = new boolean[groups];
        for (int g : pruned) {
            if (g < 0 || g >= groups || isPruned[g]) {
                throw new IllegalArgumentException("Selection: expected distinct group numbers in 0.." + (groups - 1)
                        + ", got " + g + (g < 0 || g >= groups ? "" : " twice"));
            }
            isPruned[g] = true;
        }
        int[] kept = new int[groups - pruned.length];
        for (int g = 0, k = 0; g < groups; g++) {
            if (!isPruned[g]) {
                kept[k++] = g;
            }
        }
        return new Selection(pruned, kept);
    }

    /**
     * Removes the smallest scores: the first {@link #count} of an ascending, stable sort.
     *
     * @param ratio pruning ratio in [0, 1), or {@link #AUTOMATIC}
     */
    public static Selection smallest(float[] scores, double ratio) {
        return choose(scores, ratio, PickPruned.MIN, 0);
    }

    /**
     * Chooses by score. Of equal scores the lower number comes first; NaN counts as larger than everything.
     *
     * @param ratio pruning ratio in [0, 1), or {@link #AUTOMATIC}
     * @param seed used by {@link PickPruned#RAND} only, of a stream ({@link greg.datasets.random.Seeds})
     */
    public static Selection choose(float[] scores, double ratio, PickPruned pick, long seed) {
        return choose(scores, ratio, pick, seed, new int[0][]);
    }

    /**
     * As above, but one group of each set in {@code keepOne} stays: a group that is the last of a set is skipped in favour
     * of the next in order.
     */
    public static Selection choose(float[] scores, double ratio, PickPruned pick, long seed, int[][] keepOne) {
        int count = ratio == AUTOMATIC ? countAtLargestGap(scores) : count(ratio, scores.length);
        int[] order =
                switch (pick) {
                    case MIN -> ascending(scores, false);
                    case MAX -> ascending(scores, true);
                    case RAND -> new SplitMix(seed).permutation(scores.length);
                };
        return of(scores.length, keepOne.length == 0 ? Arrays.copyOf(order, count) : first(count, order, keepOne));
    }

    private static int[] first(int count, int[] order, int[][] keepOne) {
        int[] left = new int[keepOne.length];
        List<List<Integer>> setsOf = new ArrayList<>();
        for (int g = 0; g < order.length; g++) setsOf.add(new ArrayList<>());
        for (int s = 0; s < keepOne.length; s++) {
            left[s] = keepOne[s].length;
            for (int g : keepOne[s]) setsOf.get(g).add(s);
        }
        int[] chosen = new int[count];
        int found = 0;
        for (int g : order) {
            if (found == count) break;
            if (setsOf.get(g).stream().anyMatch(s -> left[s] == 1)) continue;
            setsOf.get(g).forEach(s -> left[s]--);
            chosen[found++] = g;
        }
        return Arrays.copyOf(chosen, found);
    }

    /** How many of {@code groups} are removed: min(ceil(ratio * groups), groups - 1), the product in double precision. */
    public static int count(double ratio, int groups) {
        if (!(ratio >= 0 && ratio < 1) || groups < 1) {
            throw new IllegalArgumentException(
                    "Selection: expected a ratio in [0, 1) of at least one group, got " + ratio + " of " + groups);
        }
        return Math.min((int) Math.ceil(ratio * groups), groups - 1);
    }

    /**
     * The ratio of which {@link #count} takes exactly {@code pruned} of {@code groups}: their quotient, or where its
     * rounding would take one more, the number just below it.
     */
    public static double ratioOf(int pruned, int groups) {
        if (pruned < 0 || pruned >= groups) {
            throw new IllegalArgumentException("Selection: expected fewer than all of " + groups
                    + " groups to be pruned, got " + pruned + "; a layer cannot lose everything");
        }
        double ratio = pruned / (double) groups;
        return count(ratio, groups) == pruned ? ratio : Math.nextDown(ratio);
    }

    /**
     * How many groups lie below the largest gap between neighbours in the order by score, when 2% of the scores at each
     * end are left out of the search (they are removed, or stay, with their neighbours). 0 where there is no gap: a single
     * group, or equal scores.
     */
    public static int countAtLargestGap(float[] scores) {
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        int trim = (int) (sorted.length * TRIM);
        int count = 0;
        float widest = 0;
        for (int i = trim; i + 1 < sorted.length - trim; i++) {
            float gap = sorted[i + 1] - sorted[i];
            if (gap > widest) {
                widest = gap;
                count = i + 1;
            }
        }
        return count;
    }

    /** Group numbers by ascending score (or descending, if {@code largestFirst}), ties by ascending number. */
    private static int[] ascending(float[] scores, boolean largestFirst) {
        // score and number packed into one long: a stable sort of millions of single weights without boxing
        long[] keys = new long[scores.length];
        for (int g = 0; g < scores.length; g++) {
            int bits = Float.floatToIntBits(scores[g]);
            int ordered = bits >= 0 ? bits : bits ^ 0x7fffffff;
            keys[g] = (long) (largestFirst ? ~ordered : ordered) << 32 | g;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }

    /** By content. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Selection that && Arrays.equals(pruned, that.pruned) && Arrays.equals(kept, that.kept);
    }

    /** By content. */
    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(pruned) + Arrays.hashCode(kept);
    }

    /** Counts only: the lists may hold millions. */
    @Override
    public String toString() {
        return "Selection[" + pruned.length + " pruned, " + kept.length + " kept]";
    }
}
