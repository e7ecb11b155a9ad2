package greg.pruning.report;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the paper reports for the experiment of a preset, to be printed beside ours. Accuracies are top-1 on the test
 * images, in percent.
 *
 * @param table number of the paper's table
 * @param base of the unpruned network
 * @param pruned of the preset's method, after finetuning
 * @param oneShot of L1 in one shot at the same ratios, or null where the table has none
 * @param speedup multiply-accumulates before / after, or null
 * @param sparsity share of the parameters removed, in percent, or null
 */
public record Published(int table, double base, MeanStd pruned, MeanStd oneShot, Double speedup, Double sparsity) {

    /** {@code Table 1}. */
    public String source() {
        return "Table " + table;
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("source", "ICLR 2021 paper, " + source());
        map.put("base_top1", base);
        map.put("top1", pruned.toMap());
        map.put("one_shot_l1_top1", oneShot == null ? null : oneShot.toMap());
        map.put("speedup", speedup);
        map.put("sparsity_percent", sparsity);
        return map;
    }
}
