package greg.pruning.report;

/**
 * Time of a forward pass, measured.
 *
 * @param batch images at a time
 * @param denseMillis median of the network before pruning, in milliseconds
 * @param prunedMillis median of the network after pruning
 * @param rounds how many times each was timed
 */
public record Speed(int batch, double denseMillis, double prunedMillis, int rounds) {
    /** How many times faster the pruned network is. */
    public double speedup() {
        return denseMillis / prunedMillis;
    }
}
