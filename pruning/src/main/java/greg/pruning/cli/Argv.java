package greg.pruning.cli;

/** Flag names as people type them: {@code _} for {@code -}. */
final class Argv {
    private Argv() {}

    /**
     * The arguments with {@code _} in long flag names replaced by {@code -}; values, including those after {@code =}, stay.
     */
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
}
