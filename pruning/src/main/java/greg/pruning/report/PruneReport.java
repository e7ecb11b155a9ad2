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
 * @param before size of the unpruned network
 * @param after size of the pruned one
 * @param oneShotAfter size of what L1 in one shot leaves, which differs where the ratios depend on the choice; null if and
 *     only if {@code oneShot} is
 * @param speeds measured times by batch size; may be empty
 * @param seconds wall time by phase, in order
 * @param published the paper's results for this experiment, or null
 */
public record PruneReport(
        String arch,
        String dataset,
        String device,
        Score base,
        Accuracies main,
        Accuracies oneShot,
        NetworkSize before,
        NetworkSize after,
        NetworkSize oneShotAfter,
        List<Speed> speeds,
        Map<String, Double> seconds,
        Published published) {

    /** The table for people. */
    public String toText() {
        List<String[]> rows = new ArrayList<>();
        rows.add(row("", "base", main.method(), oneShot == null ? null : "L1 one-shot"));
        rows.add(row(
                "top-1 after removal",
                percent(base),
                percent(main.removed()),
                oneShot == null ? null : percent(oneShot.removed())));
        if (main.finetuned() != null) {
            rows.add(row(
                    "top-1 after finetuning",
                    "",
                    percent(main.finetuned()),
                    oneShot == null ? null : percent(oneShot.finetuned())));
            rows.add(row(
                    "top-1 of the best epoch",
                    "",
                    percent(main.best()),
                    oneShot == null ? null : percent(oneShot.best())));
        }
        if (published != null) {
            MeanStd other = published.oneShot();
            rows.add(row(
                    "published, " + published.source(),
                    decimal("%.2f %%", published.base()),
                    published.pruned() + " %",
                    oneShot == null ? null : other == null ? "" : other + " %"));
        }
        rows.add(row(
                "parameters with BN",
                count(before.allParams()),
                count(after.allParams()),
                other(s -> count(s.allParams()))));
        rows.add(row("multiply-accumulates", count(before.macs()), count(after.macs()), other(s -> count(s.macs()))));
        rows.add(row(
                "parameters removed",
                "",
                decimal("%.2f %%", after.sparsityPercent(before)),
                other(s -> decimal("%.2f %%", s.sparsityPercent(before)))));
        rows.add(row(
                "speedup in theory",
                "",
                decimal("%.2fx", after.speedup(before)),
                other(s -> decimal("%.2fx", s.speedup(before)))));
        for (Speed speed : speeds) {
            rows.add(row(
                    "measured, batch " + speed.batch(),
                    decimal("%.3f ms", speed.denseMillis()),
                    decimal("%.3f ms", speed.prunedMillis()) + decimal(" (%.2fx)", speed.speedup()),
                    null)); // L1's network is not timed
        }
        StringBuilder text = new StringBuilder();
        text.append(arch)
                .append(" on ")
                .append(dataset)
                .append(", ")
                .append(device)
                .append("\n\n");
        for (String[] cells : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.length; i++) {
                int width = i == 0 ? -24 : i == 2 ? 22 : 14;
                line.append(String.format(Locale.ROOT, "%" + width + "s", cells[i]));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        for (Speed speed : speeds) {
            if (!speed.layers().isEmpty()) text.append('\n').append(SpeedTable.layers(speed, true));
        }
        return text.toString();
    }

    /** The cell of L1 in one shot; null if it was not run. */
    private String other(Function<NetworkSize, String> number) {
        if (oneShot == null) return null;
        return oneShotAfter.equals(after) ? "same" : number.apply(oneShotAfter);
    }

    private static String[] row(String name, String base, String pruned, String other) {
        return other == null ? new String[] {name, base, pruned} : new String[] {name, base, pruned, other};
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
