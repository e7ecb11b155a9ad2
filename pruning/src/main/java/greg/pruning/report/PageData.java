package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the script of a page draws.
 *
 * @param comparison null for a single run
 */
record PageData(List<Run> runs, @JsonInclude(JsonInclude.Include.NON_NULL) Comparison comparison) {
    /**
     * A run.
     *
     * @param name of its folder
     * @param curves accuracy and loss over all steps
     * @param growth null if nothing grew
     */
    record Run(String name, RunCurves curves, @JsonInclude(JsonInclude.Include.NON_NULL) GrowthCurves growth) {}

    /**
     * Several runs.
     *
     * @param epochs accuracy and loss after each epoch of finetuning, or of training
     * @param batches batch sizes for which times are known
     */
    record Comparison(List<Epochs> epochs, List<Point> points, List<Integer> batches) {}

    /**
     * A run by its epochs.
     *
     * @param row number of the row in the table of results, equal for runs that differ only in the seed
     */
    record Epochs(String name, int row, RunCurves.Curve accuracy, RunCurves.Curve loss) {}

    /**
     * The mean of the runs of a row.
     *
     * @param line rows with the same text are points of one line: they differ in the ratios only
     * @param label what tells it apart on that line
     * @param accuracy top-1 after finetuning, or after the removal if there was none
     * @param published the paper's accuracy, or null
     * @param macs speedup in theory
     * @param measured speedups by batch size
     */
    record Point(
            String line,
            String label,
            MeanStd accuracy,
            MeanStd published,
            double macs,
            Map<Integer, MeanStd> measured) {}

    /** Of one run. */
    static PageData of(RunRecord run, GrowthCurves growth) {
        return new PageData(List.of(one(run, growth)), null);
    }

    /** Of several, each with its growth. */
    static PageData of(List<RunRecord> runs, List<GrowthCurves> growths, ResultTable table) {
        List<Run> all = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) all.add(one(runs.get(i), growths.get(i)));
        List<Epochs> epochs = new ArrayList<>();
        List<Point> points = new ArrayList<>();
        List<ResultTable.Row> rows = table.rows();
        for (RunRecord run : runs) epochs(run, rows, epochs);
        for (ResultTable.Row row : rows) points.add(point(row, line(row, rows)));
        TreeSet<Integer> batches = new TreeSet<>();
        points.forEach(point -> batches.addAll(point.measured().keySet()));
        return new PageData(all, new Comparison(epochs, points, List.copyOf(batches)));
    }

    private static Run one(RunRecord run, GrowthCurves growth) {
        return new Run(
                run.name(),
                RunCurves.of(run.metrics(), run.report()),
                growth.layers().isEmpty() ? null : growth);
    }

    private static void epochs(RunRecord run, List<ResultTable.Row> rows, List<Epochs> all) {
        Map<String, Integer> phases = new LinkedHashMap<>();
        if (!run.isPruning()) phases.put("train", rows.size());
        for (RunResult result : run.results()) {
            boolean own = result == run.results().get(0);
            phases.put(own ? "finetune" : "finetune L1", row(result, rows));
        }
        phases.forEach((phase, row) -> {
            RunCurves.Curve accuracy = RunCurves.byEpoch(run.metrics(), phase, "test_accuracy");
            String name = run.name() + (phase.equals("finetune L1") ? ", L1" : "");
            RunCurves.Curve loss = RunCurves.byEpoch(run.metrics(), phase, "test_loss");
            if (!accuracy.x().isEmpty()) all.add(new Epochs(name, row, accuracy, loss));
        });
    }

    private static int row(RunResult result, List<ResultTable.Row> rows) {
        for (int i = 0; i < rows.size(); i++) {
            RunResult first = rows.get(i).first();
            if (first.method().equals(result.method()) && first.settings().equals(result.settings())) return i;
        }
        throw new IllegalArgumentException("page: expected the table of these runs, got one without " + result);
    }

    /** Method, network and data set, and the settings other than the ratios in which it differs from others with the same. */
    private static String line(ResultTable.Row row, List<ResultTable.Row> rows) {
        RunResult own = row.first();
        Set<String> differ = new TreeSet<>();
        for (ResultTable.Row other : rows) {
            RunResult result = other.first();
            if (!what(result).equals(what(own))) continue;
            Set<String> names = new TreeSet<>(own.settings().keySet());
            names.addAll(result.settings().keySet());
            names.removeIf(name -> own.setting(name).equals(result.setting(name)));
            differ.addAll(names);
        }
        differ.remove(Setting.RATIOS.written());
        StringBuilder line = new StringBuilder(what(own));
        for (String name : differ) {
            String value = own.setting(name);
            line.append(", ").append(name).append(' ').append(value.isEmpty() ? "unset" : value);
        }
        return line.toString();
    }

    private static String what(RunResult result) {
        return result.method() + ", " + result.setting(Setting.ARCH.written()) + " on "
                + result.setting(Setting.DATASET.written());
    }

    private static Point point(ResultTable.Row row, String line) {
        RunResult first = row.first();
        Map<Integer, MeanStd> measured = new TreeMap<>();
        for (int batch : first.measured().keySet()) {
            List<RunResult> timed = row.runs().stream()
                    .filter(r -> r.measured().containsKey(batch))
                    .toList();
            measured.put(batch, new ResultTable.Row(timed).of(r -> r.measured().get(batch)));
        }
        MeanStd accuracy = row.finetuned() != null ? row.finetuned() : row.of(RunResult::removed);
        return new Point(
                line,
                first.setting(Setting.RATIOS.written()),
                accuracy,
                first.published(),
                row.of(RunResult::speedup).mean(),
                measured);
    }
}
