package greg.pruning.run;

/** Where a run is, for its checkpoints; {@code train} knows the first and the last alone. */
public enum Phase {
    /** A network is trained. */
    TRAIN("training"),
    /** The penalty grows, the groups to go are picked, the penalty stays. */
    GROW("growth"),
    /** What is left is finetuned. */
    FINETUNE("finetuning"),
    /** The same by L1 in one shot, for comparison. */
    COMPARE("one-shot comparison"),
    /** Speed is measured, the report is written. */
    REPORT("report"),
    /** Nothing is left to do. */
    DONE("end");

    private final String words;

    Phase(String words) {
        this.words = words;
    }

    /** For people. */
    @Override
    public String toString() {
        return words;
    }
}
