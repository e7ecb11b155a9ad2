package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.nn.cost.LayerCost;
import greg.pruning.report.SizeChange;
import greg.pruning.report.SizeComparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The layers of a network, and what pruning leaves of them; as JSON, and as a table for people.
 *
 * @param classes outputs
 * @param dataset whose image size and classes it is for; null if a file gives them without its name
 * @param trainedOn what a file says of the images that the network was trained on, for people; else null
 * @param size of the whole network, before and after
 * @param sizes the same layer by layer, for people
 */
public record Inspection(
        String arch,
        @JsonIgnore int classes,
        String dataset,
        @JsonIgnore TrainedOn trainedOn,
        @JsonUnwrapped SizeChange size,
        List<Layer> layers,
        @JsonIgnore SizeComparison sizes) {
    /**
     * One layer.
     *
     * @param shape of the weight before pruning
     * @param kept output channels that are left
     * @param keptShape of the weight that is left
     * @param masked how many single weights are masked
     * @param output shape of what is left, for one image
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
        static Layer of(SizeComparison sizes, int i) {
            LayerCost left = sizes.after().layers().get(i);
            return new Layer(
                    left.name(),
                    left.type(),
                    sizes.before().layers().get(i).weight().dims(),
                    left.weight().dim(0),
                    left.weight().dims(),
                    sizes.masked(left),
                    left.output().dims(),
                    sizes.params(left),
                    sizes.macs(left));
        }
    }

    /** What a cut leaves of an unpruned network. */
    public static Inspection of(NetworkSpec full, Pruning.Cut cut, String dataset) {
        SizeComparison sizes = new SizeComparison(
                Pruning.cost(full), Pruning.cost(cut.spec()), cut.spec().plan().maskedWeights());
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < sizes.before().layers().size(); i++) layers.add(Layer.of(sizes, i));
        SizeChange size = SizeChange.of(sizes.sizeBefore(), sizes.sizeAfter());
        return new Inspection(full.arch(), full.classes(), dataset, full.trainedOn(), size, layers, sizes);
    }

    /** The table for people. */
    public String toText() {
        String images = trainedOn == null ? "" : ", trained on " + trainedOn;
        return String.format(Locale.ROOT, "%s, %d classes%s%n%n%s", arch, classes, images, sizes);
    }
}
