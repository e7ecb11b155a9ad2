package greg.nn.train;

/**
 * How a network did on some records.
 *
 * @param records how many
 * @param loss mean cross-entropy
 * @param top1 correct answers
 * @param top5 answers with the label among the five best
 */
public record Score(long records, double loss, long top1, long top5) {
    /** Top-1 accuracy in percent. */
    public double accuracy() {
        return 100.0 * top1 / Math.max(1, records);
    }

    /** Top-5 accuracy in percent. */
    public double accuracy5() {
        return 100.0 * top5 / Math.max(1, records);
    }
}
