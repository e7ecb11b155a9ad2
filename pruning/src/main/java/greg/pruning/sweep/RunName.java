package greg.pruning.sweep;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.zip.CRC32;

/**
 * The name of a run's folder, from the settings in which the runs of a plan may differ: {@code method=GReg-1_stage-pr=0.7_seed=0}.
 * It depends on nothing but these, so a plan that has grown keeps the folders of its runs. Letters, digits and
 * {@code .,+-=_@} are what it consists of ({@code @} for a colon); where others were replaced, or the name is too long, a
 * checksum of all of it is added.
 */
public final class RunName {
    /** File systems take 255 bytes, tables on a screen less. */
    private static final int LONGEST = 100;

    /** Frequent in ratios and learning rates, and not allowed in the names of every file system. */
    private static final char COLON = ':';

    private static final char COLON_IN_NAMES = '@';

    private RunName() {}

    /**
     * The name.
     *
     * @param settings their names and values, in the order of the plan
     * @param otherwise the name if there are none
     */
    public static String of(Map<String, String> settings, String otherwise) {
        StringJoiner whole = new StringJoiner("\0");
        StringJoiner readable = new StringJoiner("_");
        boolean exact = true;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            whole.add(setting.getKey() + "=" + setting.getValue());
            String value = withoutBrackets(setting.getValue());
            String safe = value.replace(COLON, COLON_IN_NAMES).replaceAll("[^\\w.,+@-]+", "-");
            exact &= safe.replace(COLON_IN_NAMES, COLON).equals(value);
            readable.add(setting.getKey() + "=" + safe);
        }
        String name = settings.isEmpty() ? otherwise : readable.toString();
        if (exact && name.length() <= LONGEST) return name;
        CRC32 sum = new CRC32();
        sum.update(whole.toString().getBytes(StandardCharsets.UTF_8));
        String hash = String.format(Locale.ROOT, "~%08x", sum.getValue());
        return name.substring(0, Math.min(name.length(), LONGEST - hash.length())) + hash;
    }

    /** Ratios by stage are a list in brackets, and nothing else that a flag takes is one. */
    private static String withoutBrackets(String value) {
        boolean list = value.startsWith("[") && value.endsWith("]");
        return list ? value.substring(1, value.length() - 1) : value;
    }
}
