package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Results of several runs: those that differ only in the seed share a row with mean and standard deviation. */
public final class ResultTable {
    /** Settings with a column of their own. */
    private static final List<String> COLUMNS = List.of("dataset", "arch", "wg", "stage-pr");

    private final List<Row> rows = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /**
     * The runs of one experiment.
     *
     * @param runs at least one, with different seeds
     */
    public record Row(List<RunResult> runs) {
        /** A run that represents what all have in common. */
        RunResult first() {
            return runs.get(0);
        }

        /** Mean and standard deviation over the seeds. */
        MeanStd of(Function<RunResult, Double> number) {
            return MeanStd.of(runs.stream().mapToDouble(number::apply).toArray());
        }

        /** Top-1 after finetuning, or null if a run has none. */
        MeanStd finetuned() {
            return ofAll(RunResult::finetuned);
        }

        /** Top-1 after the best epoch of finetuning, or null if a run has none. */
        MeanStd best() {
            return ofAll(RunResult::best);
        }

        private MeanStd ofAll(Function<RunResult, Double> number) {
            boolean all = runs.stream().allMatch(r -> number.apply(r) != null);
            return all ? of(number) : null;
        }
    }

    /** Groups the results, in the order given; each seed counts once per row. */
    public ResultTable(Collection<RunResult> results) {
        this(results, UnaryOperator.identity());
    }

    /**
     * As above.
     *
     * @param naming what the remarks call a setting, from its {@linkplain Setting#written written name}
     */
    public ResultTable(Collection<RunResult> results, UnaryOperator<String> naming) {
        Map<List<Object>, List<RunResult>> groups = new LinkedHashMap<>();
        for (RunResult result : results) {
            groups.computeIfAbsent(List.of(result.method(), result.settings()), k -> new ArrayList<>())
                    .add(result);
        }
        groups.values().forEach(group -> rows.add(new Row(onePerSeed(group))));
        rows.sort((a, b) -> place(a).compareTo(place(b)));
        remarkDifferences(naming);
    }

    /** Groups by data set, network and ratios; methods stay in the order in which they came. */
    private static String place(Row row) {
        return COLUMNS.stream().map(row.first()::setting).collect(Collectors.joining("\0"));
    }

    private List<RunResult> onePerSeed(List<RunResult> group) {
        Map<Long, RunResult> bySeed = new TreeMap<>();
        for (RunResult result : group) {
            RunResult earlier = bySeed.putIfAbsent(result.seed(), result);
            if (earlier != null && !Objects.equals(earlier.finetuned(), result.finetuned())) {
                remarks.add(String.format(
                        Locale.ROOT,
                        "%s with seed %d was given twice with different results (%s and %s); the first counts",
                        result.method(),
                        result.seed(),
                        earlier.finetuned(),
                        result.finetuned()));
            }
        }
        return List.copyOf(bySeed.values());
    }

    /** Rows that look alike but were made differently are told apart below the table. */
    private void remarkDifferences(UnaryOperator<String> naming) {
        for (int i = 0; i < rows.size(); i++) {
            for (int j = i + 1; j < rows.size(); j++) {
                RunResult a = rows.get(i).first();
                RunResult b = rows.get(j).first();
                if (!place(rows.get(i)).equals(place(rows.get(j)))
                        || !a.method().equals(b.method())) continue;
                Set<String> names = new TreeSet<>(a.settings().keySet());
                names.addAll(b.settings().keySet());
                String differ = names.stream()
                        .filter(f -> !a.setting(f).equals(b.setting(f)))
                        .map(f -> naming.apply(f) + " " + quoted(a.setting(f)) + " and " + quoted(b.setting(f)))
                        .collect(Collectors.joining(", "));
                remarks.add("rows " + (i + 1) + " and " + (j + 1) + " differ in " + differ);
            }
        }
    }

    private static String quoted(String value) {
        return value.isEmpty() ? "unset" : value;
    }

    /** One row per experiment. */
    public List<Row> rows() {
        return List.copyOf(rows);
    }

    /** What a reader of the table must also know. */
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    /** Titles of the columns of {@link #cells}. */
    List<String> titles() {
        List<String> titles = new ArrayList<>(List.of(
                "data set",
                "network",
                "groups",
                "ratios",
                "method",
                "runs",
                "base",
                "after removal",
                "finetuned",
                "best epoch",
                "params removed",
                "speedup"));
        if (anyPublished()) titles.add("published");
        return titles;
    }

    private boolean anyPublished() {
        return rows.stream().anyMatch(r -> r.first().published() != null);
    }

    /** What a row shows. */
    List<String> cells(Row row) {
        RunResult first = row.first();
        List<String> cells = new ArrayList<>();
        COLUMNS.forEach(name -> cells.add(first.setting(name)));
        cells.add(first.method());
        cells.add(String.valueOf(row.runs().size()));
        cells.add(row.of(RunResult::base).toString());
        cells.add(row.of(RunResult::removed).toString());
        for (MeanStd tuned : Arrays.asList(row.finetuned(), row.best())) {
            cells.add(tuned == null ? "" : tuned.toString());
        }
        cells.add(String.format(
                Locale.ROOT, "%.2f %%", row.of(RunResult::sparsity).mean()));
        cells.add(String.format(Locale.ROOT, "%.2fx", row.of(RunResult::speedup).mean()));
        if (anyPublished())
            cells.add(first.published() == null ? "" : first.published().toString());
        return cells;
    }

    /** The table in Markdown, aligned for terminals; accuracies are top-1 on the test images in percent. */
    public String toText() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(titles());
        rows.forEach(row -> lines.add(cells(row)));
        StringBuilder text = new StringBuilder(Markdown.table(lines));
        remarks.forEach(remark -> text.append('\n').append(remark).append('\n'));
        return text.toString();
    }

    /** The same for programs. */
    public Content content() {
        return content(List.of());
    }

    /** The same with the results of trainings. */
    public Content content(List<TrainingResult> trainings) {
        return new Content(rows.stream().map(Content.Line::of).toList(), remarks(), trainings);
    }

    /** The table as JSON has it. */
    public record Content(
            List<Line> rows,
            List<String> remarks,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<TrainingResult> trainings) {
        /** One experiment; accuracies are top-1 in percent, null where a run has none. */
        @JsonNaming(SnakeCaseStrategy.class)
        public record Line(
                String method,
                Map<String, String> settings,
                List<Long> seeds,
                MeanStd baseTop1,
                MeanStd top1AfterRemoval,
                MeanStd top1,
                MeanStd bestTop1,
                double sparsityPercent,
                double speedup,
                MeanStd publishedTop1) {
            static Line of(Row row) {
                return new Line(
                        row.first().method(),
                        row.first().settings(),
                        row.runs().stream().map(RunResult::seed).toList(),
                        row.of(RunResult::base),
                        row.of(RunResult::removed),
                        row.finetuned(),
                        row.best(),
                        row.of(RunResult::sparsity).mean(),
                        row.of(RunResult::speedup).mean(),
                        row.first().published());
            }
        }
    }
}
