package greg.pruning.sweep;

import greg.pruning.graph.NearestName;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a plan asks for, before anybody has looked at what its flags mean. The runs are those of {@code presets} and of
 * {@code runs}, each with {@code flags} and with every combination of {@code cross}; the last key of {@code cross} changes first.
 *
 * @param file of the plan
 * @param command that makes each run
 * @param out folder of all runs, or null
 * @param runs flags of each, in order
 */
public record Plan(Path file, Word command, Word out, List<List<Given>> runs) {
    private static final List<String> KEYS = List.of("out", "command", "flags", "presets", "runs", "cross");
    private static final String PRESET = "preset";
    private static final String DEFAULT_COMMAND = "prune";
    /** More is a slip of the pen: each is a folder and hours of work. */
    private static final int MOST_RUNS = 10_000;

    /**
     * A word of the plan.
     *
     * @param where file, line and key
     */
    public record Word(String text, String where) {}

    /** Reads JSON (.json) or YAML (.yaml, .yml); UsageException with file, line and key if it is no plan. */
    public static Plan read(Path file) {
        PlanNode root = PlanNode.read(file);
        Map<String, PlanNode> members = root.members();
        members.forEach((key, value) -> {
            if (!KEYS.contains(key)) {
                throw value.bad("unknown key" + NearestName.hint(key, KEYS) + "; known are " + String.join(", ", KEYS));
            }
        });
        List<Given> common = members.containsKey("flags") ? flags(members.get("flags"), false) : List.of();
        List<List<Given>> runs = new ArrayList<>();
        for (List<Given> row : rows(members)) {
            List<Given> all = new ArrayList<>(common);
            all.addAll(row);
            runs.add(all);
        }
        if (members.containsKey("cross")) {
            for (PlanNode flag : members.get("cross").members().values()) runs = crossed(runs, flag);
        }
        Word command = members.containsKey("command")
                ? word(members.get("command"))
                : new Word(DEFAULT_COMMAND, file.toString());
        return new Plan(file, command, members.containsKey("out") ? word(members.get("out")) : null, runs);
    }

    private static Word word(PlanNode node) {
        return new Word(node.text(), node.where());
    }

    /** The flags of each preset and of each run; one row without any if there are none. */
    private static List<List<Given>> rows(Map<String, PlanNode> members) {
        List<List<Given>> rows = new ArrayList<>();
        if (members.containsKey("presets")) {
            for (PlanNode preset : members.get("presets").elements()) {
                rows.add(List.of(new Given(PRESET, preset.text(), preset.where(), true)));
            }
        }
        if (members.containsKey("runs")) {
            for (PlanNode run : members.get("runs").elements()) rows.add(flags(run, true));
        }
        return rows.isEmpty() ? List.of(List.of()) : rows;
    }

    private static List<Given> flags(PlanNode node, boolean vary) {
        List<Given> flags = new ArrayList<>();
        node.members().forEach((name, value) -> flags.add(new Given(name, value.flag(), value.where(), vary)));
        return flags;
    }

    private static List<List<Given>> crossed(List<List<Given>> runs, PlanNode flag) {
        List<PlanNode> values = flag.elements();
        if ((long) runs.size() * values.size() > MOST_RUNS) {
            throw flag.bad("makes " + (long) runs.size() * values.size() + " runs; expected at most " + MOST_RUNS);
        }
        List<List<Given>> crossed = new ArrayList<>();
        for (List<Given> run : runs) {
            for (PlanNode value : values) {
                List<Given> more = new ArrayList<>(run);
                more.add(new Given(flag.name(), value.flag(), flag.where(), true));
                crossed.add(more);
            }
        }
        return crossed;
    }

    /** The folder of all runs; UsageException if the plan does not say. */
    public Path folder() {
        if (out == null) throw new UsageException(file + ": out is missing: the folder in which the runs are to be");
        return Path.of(out.text());
    }
}
