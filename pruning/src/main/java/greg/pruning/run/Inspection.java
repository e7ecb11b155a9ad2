package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.SizeChange;
import greg.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The layers of a network, and what pruning leaves of them; as JSON, and as a table for people.
 *
 * @param classes outputs
 * @param dataset whose image size and classes it is for; null if a file says them without a name
 * @param size in all, before and after
 */
public record Inspection(
        String arch, @JsonIgnore int classes, String dataset, @JsonUnwrapped SizeChange size, List<Layer> layers) {
    /**
     * One layer.
     *
     * @param shape of the weight before pruning
     * @param kept output channels that are left
     * @param keptShape of the weight that is left
     * @param masked single weights that are masked
     * @param output one image's, that is left
     * @param params weights and biases that are left, masked ones not counted
     * @param macs multiply-accumulates that are left, in proportion to the weights that are not masked
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Layer(
            String name,
            String type,
            int[] shape,
            int kept,
            int[] keptShape,
            int masked,
            int[] output,
            long params,
            long macs) {
        static Layer of(Shape before, LayerCost left, int masked) {
            double share = masked / (double) left.weight().size();
            return new Layer(
                    left.name(),
                    left.type(),
                    before.dims(),
                    left.weight().dim(0),
                    left.weight().dims(),
                    masked,
                    left.output().dims(),
                    left.params() - masked,
                    Math.round(left.macs() * (1 - share)));
        }
    }

    /** What a cut leaves of an unpruned network. */
    public static Inspection of(NetworkSpec full, Pruning.Cut cut, String dataset) {
        CostModel before = Pruning.cost(full);
        CostModel after = Pruning.cost(cut.spec());
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < before.layers().size(); i++) {
            LayerCost left = after.layers().get(i);
            int masked = cut.spec().masks().counts().getOrDefault(left.name(), 0);
            layers.add(Layer.of(before.layers().get(i).weight(), left, masked));
        }
        SizeChange size = SizeChange.of(NetworkSize.of(before), cut.size());
        return new Inspection(full.arch(), full.classes(), dataset, size, layers);
    }

    /** The table for people. */
    public String toText() {
        StringBuilder text = new StringBuilder(String.format("%s, %d classes%n%n", arch, classes));
        String format = "%-26s %-7s %-20s %-20s %11s %13s %9s%n";
        text.append(String.format(format, "layer", "type", "weight", "left", "params", "MACs", "sparsity"));
        for (Layer layer : layers) {
            Shape dense = Shape.of(layer.shape);
            Shape left = Shape.of(layer.keptShape);
            long gone = dense.size() - left.size() + layer.masked;
            text.append(String.format(
                    format,
                    layer.name,
                    layer.type,
                    dense,
                    left.equals(dense) ? "" : left,
                    String.format(Locale.ROOT, "%,d", layer.params),
                    String.format(Locale.ROOT, "%,d", layer.macs),
                    String.format(Locale.ROOT, "%.1f %%", 100.0 * gone / dense.size())));
        }
        text.append(String.format(
                Locale.ROOT,
                "%nparameters without BN %,d -> %,d, with BN %,d -> %,d, MACs %,d -> %,d%n",
                size.params().before(),
                size.params().after(),
                size.allParams().before(),
                size.allParams().after(),
                size.macs().before(),
                size.macs().after()));
        text.append(String.format(
                Locale.ROOT,
                "sparsity %.2f %%, speedup in theory %.2fx, compression %.2fx%n",
                size.sparsityPercent(),
                size.speedup(),
                size.compression()));
        return text.toString();
    }
}
