package greg.pruning.report;

import greg.nn.train.Score;

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
}
