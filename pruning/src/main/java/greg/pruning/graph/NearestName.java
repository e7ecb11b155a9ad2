package greg.pruning.graph;

import java.util.Collection;

/** Finds the known name that a mistyped one probably means. */
public final class NearestName {
    private NearestName() {}

    /**
     * The known name with the fewest edits (insertions, deletions, replacements, swaps of neighbours) to {@code typed}, or
     * null if none is close. The first of several equally close ones.
     */
    public static String of(String typed, Collection<String> known) {
        String best = null;
        int fewest = Math.max(2, typed.length() / 2) + 1;
        for (String candidate : known) {
            // the beginning of a name means that name, however much is missing
            int edits = candidate.startsWith(typed) ? 1 : distance(typed, candidate);
            if (edits < fewest) {
                fewest = edits;
                best = candidate;
            }
        }
        return best;
    }

    /** {@code " (did you mean 'x'?)"} with a leading space, or nothing. */
    public static String hint(String typed, Collection<String> known) {
        String nearest = of(typed, known);
        return nearest == null ? "" : " (did you mean '" + nearest + "'?)";
    }

    /** Optimal string alignment distance, in a full table: names are short. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
        return d[a.length()][b.length()];
    }
}
