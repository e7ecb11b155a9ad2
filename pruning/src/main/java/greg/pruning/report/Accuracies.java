package greg.pruning.report;

import greg.nn.train.Score;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a way of pruning did to the accuracy on the test images.
 *
 * @param method its name
 * @param removed right after the removal
 * @param finetuned at the end of finetuning, or null if there was none
 * @param best the best epoch of finetuning, or null; it was chosen on the test images, so it flatters
 */
public record Accuracies(String method, Score removed, Score finetuned, Score best) {
    /** The score that counts. */
    public Score last() {
        return finetuned == null ? removed : finetuned;
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("method", method);
        map.put("after_removal", map(removed));
        map.put("after_finetuning", finetuned == null ? null : map(finetuned));
        map.put("best_epoch", best == null ? null : map(best));
        return map;
    }

    static Map<String, Object> map(Score score) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("records", score.records());
        map.put("top1", score.accuracy());
        map.put("top5", score.accuracy5());
        map.put("loss", score.loss());
        return map;
    }
}
