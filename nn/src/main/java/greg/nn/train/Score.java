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
    /** Refuses what cannot be counted. */
    public Score {
        if (top1 < 0 || top5 < 0 || top1 > records || top5 > records) {
            throw new IllegalArgumentException(
                    "score: expected from 0 to " + records + " correct answers, got " + top1 + " and " + top5);
        }
    }

    /** Top-1 accuracy in percent. */
    public double accuracy() {
        return 100.0 * top1 / Math.max(1, records);
    }

    /** Top-5 accuracy in percent. */
    public double accuracy5() {
        return 100.0 * top5 / Math.max(1, records);
    }
}
