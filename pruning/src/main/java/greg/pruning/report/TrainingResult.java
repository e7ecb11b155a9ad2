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
 * @param plannedEpochs how many it is to have, or null where that is not known
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
        Integer plannedEpochs,
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
        int epochs = 0;
        Double last = null;
        Double best = null;
        Integer bestEpoch = null;
        for (Field record : run.metrics()) {
            if (!RunCurves.isEpoch(record, "train")) continue;
            epochs++;
            double accuracy = record.get("test_accuracy").numberOrNaN();
            last = Double.isNaN(accuracy) ? null : accuracy;
            if (last == null || best != null && accuracy <= best) continue;
            best = last;
            bestEpoch = record.get("epoch").smallInteger() + 1;
        }
        return new TrainingResult(
                run.name(),
                run.config().get("dataset").get("name").text(),
                run.config().get("arch").text(),
                run.config().get("seed").integer(),
                epochs,
                run.plannedEpochs(),
                last,
                best,
                bestEpoch);
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
                    epochs(r),
                    r.top1 == null ? "" : String.format(Locale.ROOT, "%.2f", r.top1),
                    r.bestTop1 == null ? "" : String.format(Locale.ROOT, "%.2f (epoch %d)", r.bestTop1, r.bestEpoch)));
        }
        return lines;
    }

    /** Whether all its epochs are complete, as far as that is known. */
    boolean finished() {
        return plannedEpochs == null || epochs >= plannedEpochs;
    }

    private static String epochs(TrainingResult r) {
        return r.finished() ? Integer.toString(r.epochs) : r.epochs + " of " + r.plannedEpochs + ", not finished";
    }

    /** The same in Markdown, aligned for terminals. */
    public static String toText(List<TrainingResult> results) {
        return Markdown.table(table(results));
    }
}
