package greg.pruning.select;

import com.fasterxml.jackson.annotation.JsonProperty;

/** By which {@link ScoreFunction} groups are chosen. */
public enum ScoreKind {
    /** Mean |w| (the paper's choice, default). */
    @JsonProperty("l1")
    L1(new L1Scores()),
    /** sqrt(mean w^2). */
    @JsonProperty("l2")
    L2(new L2Scores()),
    /** Sum of |w dL/dw|, averaged over some batches of training images. */
    @JsonProperty("taylor")
    TAYLOR(new TaylorScores());

    private final ScoreFunction function;

    ScoreKind(ScoreFunction function) {
        this.function = function;
    }

    /** What it computes. */
    public ScoreFunction function() {
        return function;
    }
}
