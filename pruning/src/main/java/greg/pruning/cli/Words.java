package greg.pruning.cli;

import greg.pruning.graph.NearestName;
import greg.pruning.report.Written;
import greg.pruning.run.UsageException;
import java.util.Map;

/** Parses the values of flags that name the constants of an enum. */
final class Words {
    private Words() {}

    /** The constant of that exact name; UsageException naming the known ones otherwise. */
    static <E extends Enum<E>> E parse(String flag, Class<E> type, String text) {
        Map<String, E> known = Written.constants(type);
        E constant = known.get(text);
        if (constant != null) return constant;
        throw new UsageException(flag + ": expected one of " + String.join(", ", known.keySet()) + ", got '" + text
                + "'" + NearestName.hint(text, known.keySet()));
    }
}
