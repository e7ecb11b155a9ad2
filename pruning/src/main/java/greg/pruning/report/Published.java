package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * What the paper reports for the experiment of a preset, to be shown beside ours. Accuracies are top-1 on the test
 * images, in percent.
 *
 * @param table number of the paper's table
 * @param base of the unpruned network
 * @param pruned of the preset's method, after finetuning
 * @param oneShot of L1 in one shot at the same ratios, or null where the table has none
 * @param speedup multiply-accumulates before / after, or null
 * @param sparsity share of the parameters removed, in percent, or null
 */
@JsonPropertyOrder({"source", "base_top1", "top1", "one_shot_l1_top1", "speedup", "sparsity_percent"})
public record Published(
        @JsonIgnore int table,
        @JsonProperty("base_top1") double base,
        @JsonProperty("top1") MeanStd pruned,
        @JsonProperty("one_shot_l1_top1") MeanStd oneShot,
        Double speedup,
        @JsonProperty("sparsity_percent") Double sparsity) {

    /** {@code Table 1}. */
    public String source() {
        return "Table " + table;
    }

    /** For programs. */
    @JsonProperty("source")
    String citation() {
        return "ICLR 2021 paper, " + source();
    }
}
