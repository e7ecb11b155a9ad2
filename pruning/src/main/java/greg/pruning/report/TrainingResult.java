package greg.pruning.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The result of a training. Accuracies are top-1 on the test images in percent.
 *
 * @param run the name of its folder
 * @param epochs how many are complete
 * @param top1 after the last of them, or null if there is none
 * @param bestTop1 after the best of them, or null
 * @param bestEpoch which that is, from 1, or null
 */
@JsonNaming(SnakeCaseStrategy.class)
public record TrainingResult(
        String run,
        String dataset,
        String arch,
        long seed,
        int epochs,
        Double top1,
        Double bestTop1,
        Integer bestEpoch) {
    /** Those of the trainings among some runs. */
    public static List<TrainingResult> of(List<RunRecord> runs) {
        return runs.stream()
                .filter(run -> !run.isPruning())
                .map(TrainingResult::of)
                .toList();
    }

    private static TrainingResult of(RunRecord run) {
        List<Double> accuracies =
                RunCurves.byEpoch(run.metrics(), "train", "test_accuracy").y();
        Double last = null;
        Double best = null;
        for (double accuracy : accuracies) {
            last = accuracy;
            if (best == null || accuracy > best) best = accuracy;
        }
        return new TrainingResult(
                run.name(),
                run.config().get("dataset").get("name").text(),
                run.config().get("arch").text(),
                run.config().get("seed").integer(),
                accuracies.size(),
                last,
                best,
                best == null ? null : accuracies.indexOf(best) + 1);
    }

    /** A table of several, the first line with the titles. */
    static List<List<String>> table(List<TrainingResult> results) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("training", "data set", "network", "seed", "epochs", "last epoch", "best epoch"));
        for (TrainingResult r : results) {
            lines.add(List.of(
                    r.run,
                    r.dataset,
                    r.arch,
                    Long.toString(r.seed),
                    Integer.toString(r.epochs),
                    r.top1 == null ? "" : String.format(Locale.ROOT, "%.2f", r.top1),
                    r.bestTop1 == null ? "" : String.format(Locale.ROOT, "%.2f (epoch %d)", r.bestTop1, r.bestEpoch)));
        }
        return lines;
    }

    /** The same in Markdown, aligned for terminals. */
    public static String toText(List<TrainingResult> results) {
        return Markdown.table(table(results));
    }
}
