package greg.nn.train;

/**
 * Where a {@link Trainer} stands between two steps. Together with network and optimizer it is all that a loop needs to
 * resume, because batches and augmentation follow from seeds and position alone.
 *
 * @param iteration steps taken, over all epochs; a multiple of the steps per epoch means that the last epoch is over and
 *     its hooks have been called
 * @param records images seen in the current epoch
 * @param sums their sums of loss, top-1 correct and top-5 correct, float32 as on the device
 */
public record Position(long iteration, long records, float[] sums) {
    private static final int SUMS = 3;

    /** Refuses what no loop can have reached. */
    public Position {
        if (iteration < 0 || records < 0 || sums.length != SUMS) {
            throw new IllegalArgumentException(
                    "position of a training: expected an iteration and a number of records from 0, and " + SUMS
                            + " sums, got " + iteration + ", " + records + " and " + sums.length);
        }
    }

    /** Nothing done yet. */
    public static final Position START = new Position(0, 0, new float[SUMS]);
}
