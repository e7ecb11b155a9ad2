package greg.pruning.report;

import greg.nn.train.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Before and after: what a pruning run gained and lost.
 *
 * @param arch the architecture
 * @param dataset the data set
 * @param device that computed, and was timed
 * @param base the unpruned network on the test images
 * @param main the method of the run
 * @param oneShot L1 in one shot at the same ratios with the same finetuning, or null if it was not run
 * @param matched the same with the steps of growing before finetuning, or null if it was not run
 * @param before size of the unpruned network
 * @param after size of the pruned one
 * @param oneShotAfter size of what L1 in one shot leaves, which differs where the ratios depend on the choice; null if and
 *     only if {@code oneShot} is
 * @param speeds measured times by batch size; may be empty
 * @param seconds wall time by phase, in order
 * @param masked whether single weights were masked, which leaves the shapes as they were
 * @param published the paper's results for this experiment, or null
 */
public record PruneReport(
        String arch,
        String dataset,
        String device,
        Score base,
        Accuracies main,
        Accuracies oneShot,
        Accuracies matched,
        NetworkSize before,
        NetworkSize after,
        NetworkSize oneShotAfter,
        List<Speed> speeds,
        Map<String, Double> seconds,
        boolean masked,
        Published published) {

    /** Masked weights are multiplied like all others. */
    static final String MASKED =
            "masked weights: the speedup in theory needs sparse kernels; dense ones, such as greg's,"
                    + " multiply by zeros too and gain nothing";

    /** A way of pruning beside the one of the run. */
    private record Column(String title, Accuracies accuracies, String published) {}

    private List<Column> others() {
        List<Column> others = new ArrayList<>();
        MeanStd other = published == null ? null : published.oneShot();
        if (oneShot != null) others.add(new Column("L1 one-shot", oneShot, other == null ? "" : other + " %"));
        if (matched != null) others.add(new Column("L1 matched", matched, ""));
        return others;
    }

    /** The table for people. */
    public String toText() {
        List<Column> others = others();
        List<List<String>> rows = new ArrayList<>();
        rows.add(row("", "base", main.method(), others, Column::title));
        rows.add(row(
                "top-1 after removal",
                percent(base),
                percent(main.removed()),
                others,
                c -> percent(c.accuracies().removed())));
        if (main.finetuned() != null) {
            rows.add(row(
                    "top-1 after finetuning",
                    "",
                    percent(main.finetuned()),
                    others,
                    c -> percent(c.accuracies().finetuned())));
            rows.add(row(
                    "top-1 of the best epoch",
                    "",
                    percent(main.best()),
                    others,
                    c -> percent(c.accuracies().best())));
        }
        if (published != null) {
            rows.add(row(
                    "published, " + published.source(),
                    decimal("%.2f %%", published.base()),
                    published.pruned() + " %",
                    others,
                    Column::published));
        }
        rows.add(sizes("parameters with BN", count(before.allParams()), others, s -> count(s.allParams())));
        rows.add(sizes("multiply-accumulates", count(before.macs()), others, s -> count(s.macs())));
        rows.add(sizes("parameters removed", "", others, s -> decimal("%.2f %%", s.sparsityPercent(before))));
        rows.add(sizes("speedup in theory", "", others, s -> decimal("%.2fx", s.speedup(before))));
        for (Speed speed : speeds) {
            rows.add(List.of( // the networks of L1 are not timed
                    "measured, batch " + speed.batch(),
                    decimal("%.3f ms", speed.denseMillis()),
                    decimal("%.3f ms", speed.prunedMillis()) + decimal(" (%.2fx)", speed.speedup())));
        }
        StringBuilder text = new StringBuilder();
        text.append(arch)
                .append(" on ")
                .append(dataset)
                .append(", ")
                .append(device)
                .append("\n\n");
        for (List<String> cells : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.size(); i++) {
                int width = i == 0 ? -24 : i == 2 ? 22 : 14;
                line.append(String.format(Locale.ROOT, "%" + width + "s", cells.get(i)));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        if (matched != null) {
            text.append("L1 matched: as L1 one-shot, with as many steps before finetuning as growing takes\n");
        }
        if (masked) text.append(MASKED).append('\n');
        for (Speed speed : speeds) {
            if (!speed.layers().isEmpty()) text.append('\n').append(SpeedTable.layers(speed, true));
        }
        return text.toString();
    }

    /** A row about sizes; what L1 leaves is the same unless the ratios depend on the choice. */
    private List<String> sizes(String name, String base, List<Column> others, Function<NetworkSize, String> number) {
        boolean same = oneShotAfter == null || oneShotAfter.equals(after);
        return row(name, base, number.apply(after), others, c -> same ? "same" : number.apply(oneShotAfter));
    }

    private static List<String> row(
            String name, String base, String pruned, List<Column> others, Function<Column, String> cell) {
        List<String> row = new ArrayList<>(List.of(name, base, pruned));
        others.forEach(other -> row.add(cell.apply(other)));
        return row;
    }

    private static String percent(Score score) {
        return score == null ? "" : decimal("%.2f %%", score.accuracy());
    }

    private static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    private static String decimal(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
