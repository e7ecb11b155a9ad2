package greg.pruning.cli;

import java.util.Collection;

/** Flag names as people type them: {@code _} for {@code -}, and the nearest known name for one that does not exist. */
final class Argv {
    private Argv() {}

    /** The arguments with {@code _} in long flag names replaced by {@code -}; values, also behind {@code =}, stay. */
    static String[] normalise(String... args) {
        String[] out = args.clone();
        for (int i = 0; i < out.length; i++) {
            if (out[i].equals("--")) break; // what follows are values
            if (!out[i].startsWith("--")) continue;
            int equals = out[i].indexOf('=');
            String name = equals < 0 ? out[i] : out[i].substring(0, equals);
            out[i] = name.replace('_', '-') + (equals < 0 ? "" : out[i].substring(equals));
        }
        return out;
    }

    /** The known name with the fewest edits to {@code typed}, or null if none is even remotely like it. */
    static String nearest(String typed, Collection<String> known) {
        String best = null;
        int fewest = Math.max(2, typed.length() / 2) + 1;
        for (String candidate : known) {
            int edits = distance(typed, candidate);
            if (edits < fewest) {
                fewest = edits;
                best = candidate;
            }
        }
        return best;
    }

    /** Levenshtein distance: insertions, deletions and replacements that turn one name into the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
