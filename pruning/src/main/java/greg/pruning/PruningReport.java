package greg.pruning;

import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthTimes;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.SizeComparison;
import greg.pruning.report.Written;
import java.util.List;
import java.util.Locale;

/**
 * What a {@link Pruner} did. Printed, it is a table of the layers before and after, the totals, and when layers picked.
 *
 * @param method how the groups were chosen and faded
 * @param outcome how the growth ended
 * @param times at which iterations layers picked and finished; null for method L1, which does not train
 * @param sizes the network before and after, layer by layer
 * @param warnings what the ratios do not do, one line each
 */
public record PruningReport(
        PruningMethod method,
        GrowingRegularization.Outcome outcome,
        GrowthTimes times,
        SizeComparison sizes,
        List<String> warnings) {
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(sizes.toString());
        for (String warning : warnings) text.append("warning: ").append(warning).append('\n');
        text.append(Written.name(method));
        if (times == null) return text.append(": removed at once\n").toString();
        text.append(": removed after iteration ").append(times.removal());
        if (outcome.cutShort()) text.append(", cut short");
        else text.append(", lambda final from iteration ").append(times.stabilizeStart());
        text.append('\n');
        times.layers().forEach((name, layer) -> {
            if (layer.pick() != null)
                text.append(String.format(Locale.ROOT, "  %s picked at %d%n", name, layer.pick()));
        });
        return text.toString();
    }
}
