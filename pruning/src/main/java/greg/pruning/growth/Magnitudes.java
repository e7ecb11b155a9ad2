package greg.pruning.growth;

/**
 * Mean scores of a layer's kept and pruned groups: how far the two have moved apart.
 *
 * @param kept mean score of the groups that stay, float32
 * @param pruned mean score of the groups to be removed, float32
 */
public record Magnitudes(float kept, float pruned) {
    /** kept / pruned, in float32; infinite once the pruned groups are exactly zero. */
    public float ratio() {
        return kept / pruned;
    }
}
