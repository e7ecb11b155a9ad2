package greg.pruning.graph;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.kernels.spec.GroupIndex;

/**
 * What is penalised and removed as one group. Growth rules, scores and selections do not know which it is: they work on group
 * numbers.
 */
public enum Granularity {
    /** One output channel: row o of the weight (out, in, positions). Its removal shrinks the next layer too. */
    @JsonProperty("filter")
    FILTER {
        @Override
        public GroupIndex index(int out, int inPerGroup, int positions) {
            return new GroupIndex(out, Math.multiplyExact(inPerGroup, positions));
        }

        @Override
        public int[] channels(Layer layer) {
            return layer.rows();
        }

        @Override
        public String channels() {
            return "filters";
        }
    },
    /** One input channel: column i of the weight. The filter that produces it is removed with it. */
    @JsonProperty("channel")
    CHANNEL {
        @Override
        public GroupIndex index(int out, int inPerGroup, int positions) {
            return new GroupIndex(inPerGroup, positions);
        }

        @Override
        public int[] channels(Layer layer) {
            return layer.columns();
        }

        @Override
        public String channels() {
            return "input channels";
        }
    },
    /** A single weight. The network keeps its shape: a mask holds pruned weights at zero. */
    @JsonProperty("weight")
    WEIGHT {
        @Override
        public GroupIndex index(int out, int inPerGroup, int positions) {
            return new GroupIndex(Math.multiplyExact(Math.multiplyExact(out, inPerGroup), positions), 1);
        }

        @Override
        public int[] channels(Layer layer) {
            throw new IllegalStateException("single weights are masked, they have no channel");
        }

        @Override
        public String channels() {
            return "weights";
        }
    };

    /**
     * The groups of a weight.
     *
     * @param out output channels (rows of a linear layer)
     * @param inPerGroup input channels that one filter reads (columns of a linear layer)
     * @param positions kernel height * width; 1 for a linear layer
     */
    public abstract GroupIndex index(int out, int inPerGroup, int positions);

    /** The groups of a layer's weight. */
    public GroupIndex index(Layer layer) {
        return index(layer.out(), layer.in(), layer.positions());
    }

    /** The channel that is removed with each group of the layer, by the numbers of its graph. */
    public abstract int[] channels(Layer layer);

    /** What groups are called in a sentence about a layer. */
    public abstract String channels();

    /** True if removing a group makes the network smaller; false if it is masked. */
    public boolean structured() {
        return this != WEIGHT;
    }
}
