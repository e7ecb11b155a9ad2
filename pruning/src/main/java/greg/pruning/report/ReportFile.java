package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.train.Score;
import java.util.List;
import java.util.Map;

/**
 * {@code report.json}: a {@link PruneReport} as programs read it. Accuracies are top-1 and top-5 on the test images, in
 * percent.
 *
 * @param base the unpruned network
 * @param pruned the method of the run
 * @param oneShotL1 L1 in one shot for comparison, or null
 * @param l1Matched the same with the steps of growing before finetuning, or null
 * @param size of the network before and after
 * @param measured times of a forward pass
 * @param seconds wall time by phase
 * @param published the paper's results, or null
 * @param growth when the growth made its decisions, or null if nothing grew
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ReportFile(
        String arch,
        String dataset,
        String device,
        Accuracy base,
        Outcome pruned,
        OneShot oneShotL1,
        @JsonInclude(JsonInclude.Include.NON_NULL) OneShot l1Matched,
        @JsonUnwrapped SizeChange size,
        List<Speed> measured,
        Map<String, Double> seconds,
        Published published,
        JsonNode growth) {
    /** A score in percent. */
    public record Accuracy(long records, double top1, double top5, double loss) {
        static Accuracy of(Score score) {
            return score == null
                    ? null
                    : new Accuracy(score.records(), score.accuracy(), score.accuracy5(), score.loss());
        }
    }

    /** The accuracies of one way of pruning; see {@link Accuracies}. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Outcome(String method, Accuracy afterRemoval, Accuracy afterFinetuning, Accuracy bestEpoch) {
        static Outcome of(Accuracies a) {
            return new Outcome(a.method(), Accuracy.of(a.removed()), Accuracy.of(a.finetuned()), Accuracy.of(a.best()));
        }
    }

    /** L1 in one shot, with the size of what it leaves. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record OneShot(
            @JsonUnwrapped Outcome outcome,
            long params,
            long allParams,
            long macs,
            long flops,
            double sparsityPercent,
            double speedup) {
        static OneShot of(Accuracies accuracies, NetworkSize after, NetworkSize before) {
            return new OneShot(
                    Outcome.of(accuracies),
                    after.params(),
                    after.allParams(),
                    after.macs(),
                    after.flops(),
                    after.sparsityPercent(before),
                    after.speedup(before));
        }
    }

    /** Of a report; {@code growth} as plan.json has it, or null. */
    public static ReportFile of(PruneReport r, JsonNode growth) {
        return new ReportFile(
                r.arch(),
                r.dataset(),
                r.device(),
                Accuracy.of(r.base()),
                Outcome.of(r.main()),
                r.oneShot() == null ? null : OneShot.of(r.oneShot(), r.oneShotAfter(), r.before()),
                r.matched() == null
                        ? null
                        : OneShot.of(r.matched(), r.oneShotAfter() == null ? r.after() : r.oneShotAfter(), r.before()),
                SizeChange.of(r.before(), r.after()),
                r.speeds(),
                r.seconds(),
                r.published(),
                growth);
    }
}
