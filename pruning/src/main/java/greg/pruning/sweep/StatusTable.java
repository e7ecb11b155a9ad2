package greg.pruning.sweep;

import greg.pruning.report.Markdown;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The states of all runs of a sweep. */
public final class StatusTable {
    private StatusTable() {}

    /** A line for each run, and one that counts them. */
    public static String of(SweepFolder folder, List<Entry> entries) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("index", "run", "state", "detail"));
        Map<RunStatus.State, Integer> counts = new EnumMap<>(RunStatus.State.class);
        for (Entry entry : entries) {
            RunStatus status = folder.status(entry);
            counts.merge(status.state(), 1, Integer::sum);
            lines.add(List.of(
                    Integer.toString(entry.index()),
                    entry.name(),
                    status.state().toString(),
                    status.detail().replace('|', '/')));
        }
        String counted = counts.entrySet().stream()
                .map(count -> count.getValue() + " " + count.getKey())
                .collect(Collectors.joining(", "));
        return Markdown.table(lines) + "\n" + entries.size() + " runs: " + counted + "\n";
    }
}
