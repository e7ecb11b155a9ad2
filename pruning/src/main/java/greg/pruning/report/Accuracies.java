package greg.pruning.report;

import greg.nn.train.Score;

/**
 * Accuracy on the test images of a network pruned in one way.
 *
 * @param method its name
 * @param removed right after the removal
 * @param finetuned at the end of finetuning, or null if there was none
 * @param best the best epoch of finetuning, or null; it was chosen on the test images, so it is optimistic
 */
public record Accuracies(String method, Score removed, Score finetuned, Score best) {
    /** Refuses accuracies of nothing. */
    public Accuracies {
        if (method == null || removed == null) {
            throw new IllegalArgumentException("accuracies: expected a method and its score after the removal");
        }
    }

    /** The final score. */
    public Score last() {
        return finetuned == null ? removed : finetuned;
    }
}
