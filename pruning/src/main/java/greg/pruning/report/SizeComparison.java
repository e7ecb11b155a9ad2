package greg.pruning.report;

import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import java.util.Locale;
import java.util.Map;

/**
 * A network before and after pruning, layer by layer. Printed, it is a table.
 *
 * @param before the unpruned network
 * @param after what is left of it, the same layers in the same order
 * @param masked full name of a weight to the number of its elements that are held at zero
 */
public record SizeComparison(CostModel before, CostModel after, Map<String, Integer> masked) {
    private static final String ROW = "%-26s %-7s %-20s %-20s %11s %13s %9s%n";

    /** Size of the unpruned network. */
    public NetworkSize sizeBefore() {
        return NetworkSize.of(before);
    }

    /** Size of what is left; masked weights count as removed. */
    public NetworkSize sizeAfter() {
        return NetworkSize.masked(after, masked);
    }

    /** Weights of a layer that are held at zero. */
    public int masked(LayerCost layer) {
        return masked.getOrDefault(layer.parameter(), 0);
    }

    /** Parameters of a layer that are left. */
    public long params(LayerCost left) {
        return left.params() - masked(left);
    }

    /** Multiply-accumulates of a layer for one image, in proportion to the weights that are not masked. */
    public long macs(LayerCost left) {
        double share = masked(left) / (double) left.weight().size();
        return Math.round(left.macs() * (1 - share));
    }

    /** One line per layer, then the totals. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, ROW, "layer", "type", "weight", "left", "params", "MACs", "sparsity"));
        for (int i = 0; i < before.layers().size(); i++) {
            LayerCost dense = before.layers().get(i);
            LayerCost left = after.layers().get(i);
            long gone = dense.weight().size() - left.weight().size() + masked(left);
            text.append(String.format(
                    Locale.ROOT,
                    ROW,
                    left.name(),
                    left.type(),
                    dense.weight(),
                    left.weight().equals(dense.weight()) ? "" : left.weight(),
                    String.format(Locale.ROOT, "%,d", params(left)),
                    String.format(Locale.ROOT, "%,d", macs(left)),
                    String.format(
                            Locale.ROOT,
                            "%.1f %%",
                            100.0 * gone / dense.weight().size())));
        }
        NetworkSize dense = sizeBefore();
        NetworkSize pruned = sizeAfter();
        text.append(String.format(
                Locale.ROOT,
                "%nparameters without BN %,d -> %,d, with BN %,d -> %,d, MACs %,d -> %,d%n",
                dense.params(),
                pruned.params(),
                dense.allParams(),
                pruned.allParams(),
                dense.macs(),
                pruned.macs()));
        text.append(String.format(
                Locale.ROOT,
                "sparsity %.2f %%, speedup in theory %.2fx, compression %.2fx%n",
                pruned.sparsityPercent(dense),
                pruned.speedup(dense),
                pruned.compression(dense)));
        if (!masked.isEmpty()) text.append(PruneReport.MASKED).append('\n');
        return text.toString();
    }
}
