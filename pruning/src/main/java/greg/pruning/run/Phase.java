package greg.pruning.run;

/** The phases of a run, for its checkpoints; {@code train} has only the first and the last. */
public enum Phase {
    /** A network is trained. */
    TRAIN("training"),
    /** The penalty grows, the groups to remove are picked, the penalty stays at its final value. */
    GROW("growth"),
    /** What is left is finetuned. */
    FINETUNE("finetuning"),
    /** One-shot L1 pruning and its finetuning, for comparison. */
    COMPARE("one-shot comparison"),
    /** The network of one-shot L1 pruning trains for as many steps as growing took. */
    MATCH("training of L1 for the steps of growing"),
    /** What is left of that is finetuned. */
    MATCH_FINETUNE("finetuning of L1 with the steps of growing"),
    /** Speed is measured, the report is written. */
    REPORT("report"),
    /** Nothing is left to do. */
    DONE("end");

    private final String description;

    Phase(String description) {
        this.description = description;
    }

    /** For people. */
    @Override
    public String toString() {
        return description;
    }
}
