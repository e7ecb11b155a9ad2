package greg.pruning.graph;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.kernels.spec.GroupIndex;

/**
 * What is penalised and removed as one. The only place that knows filter, channel and weight apart: everything else works
 * on group numbers.
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
        public boolean mustKeepWhole(PrunableLayer layer) {
            return layer.shortcut() || layer.stem() || layer.lastInBlock() || (layer.outputFixed() && !layer.linear());
        }

        @Override
        public String whyWhole() {
            return "their filters are tied by a residual add";
        }
    },
    /** One input channel: column i of the weight. What goes with it is the filter of the conv before. */
    @JsonProperty("channel")
    CHANNEL {
        @Override
        public GroupIndex index(int out, int inPerGroup, int positions) {
            return new GroupIndex(inPerGroup, positions);
        }

        @Override
        public boolean mustKeepWhole(PrunableLayer layer) {
            return layer.shortcut() || layer.stem() || layer.firstInBlock() || (layer.inputFixed() && !layer.linear());
        }

        @Override
        public String whyWhole() {
            return "their input channels are the image's planes or tied by a residual add";
        }
    },
    /** A single weight. Nothing is rebuilt: a mask holds the pruned ones at zero. */
    @JsonProperty("weight")
    WEIGHT {
        @Override
        public GroupIndex index(int out, int inPerGroup, int positions) {
            return new GroupIndex(Math.multiplyExact(Math.multiplyExact(out, inPerGroup), positions), 1);
        }

        @Override
        public boolean mustKeepWhole(PrunableLayer layer) {
            return false;
        }

        @Override
        public String whyWhole() {
            throw new IllegalStateException("single weights can be masked in every layer");
        }
    };

    /**
     * The groups of a weight.
     *
     * @param out output channels (rows of a linear layer)
     * @param inPerGroup input channels that one filter sees (columns of a linear layer)
     * @param positions kernel height * width; 1 for a linear layer
     */
    public abstract GroupIndex index(int out, int inPerGroup, int positions);

    /** True if this kind of group can never be removed from that layer, whatever ratio it was given. */
    public abstract boolean mustKeepWhole(PrunableLayer layer);

    /** The reason for {@link #mustKeepWhole}, to end a message about several layers. */
    public abstract String whyWhole();

    /** True if removing a group makes the network smaller; false if it is masked. */
    public boolean structured() {
        return this != WEIGHT;
    }
}
