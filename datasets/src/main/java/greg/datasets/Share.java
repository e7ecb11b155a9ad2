package greg.datasets;

/**
 * What one of several processes computes of a batch, so that together they compute all of it: images {@code [n rank / ranks,
 * n (rank + 1) / ranks)} of n. Where that is none, as in the last batch of an epoch, it is the first image, which then does not
 * count: every process takes every step.
 *
 * @param first position in the batch
 * @param images how many, at least 1
 * @param counted how many of them count: all or none
 * @param batch n
 */
public record Share(int first, int images, int counted, int batch) {
    /** The share of a process; {@code rank} from 0. */
    public static Share of(int batch, int rank, int ranks) {
        int from = (int) ((long) batch * rank / ranks);
        int to = (int) ((long) batch * (rank + 1) / ranks);
        return to > from ? new Share(from, to - from, to - from, batch) : new Share(0, 1, 0, batch);
    }
}
