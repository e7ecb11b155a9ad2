package greg.pruning.growth;

import greg.pruning.select.L1Scores;
import greg.pruning.select.ScoreKind;
import greg.pruning.select.Selection;

/**
 * The scores of one layer's groups at a visit, i.e. of the weights before this iteration's step. They are computed
 * only when a rule needs them, since reading single weights back from a device is expensive.
 */
@FunctionalInterface
public interface GroupScores {
    /** One {@link L1Scores L1 score} per group: how far it has faded. */
    float[] scores();

    /** By which scores groups are chosen. */
    default ScoreKind kind() {
        return ScoreKind.L1;
    }

    /** One score of that kind per group. */
    default float[] choice() {
        return scores();
    }

    /**
     * Mean scores of the kept and of the pruned groups of a selection.
     *
     * @param scores what {@link #scores} returned
     */
    default Magnitudes magnitudes(float[] scores, Selection selection) {
        return new Magnitudes(L1Scores.mean(scores, selection.kept()), L1Scores.mean(scores, selection.pruned()));
    }
}
