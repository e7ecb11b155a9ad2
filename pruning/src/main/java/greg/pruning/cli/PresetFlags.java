package greg.pruning.cli;

import greg.pruning.report.Written;
import greg.pruning.run.Preset;
import greg.pruning.select.PickPruned;
import greg.pruning.surgery.Reinit;
import java.util.ArrayList;
import java.util.List;

/** What {@code --preset} means for the other flags. */
final class PresetFlags {
    private PresetFlags() {}

    /** Gives what no flag gave. */
    static void fill(Preset preset, PruneOptions prune, TargetOptions target, ArchOptions network) {
        if (network.arch == null && network.weights == null) network.arch = preset.arch();
        if (prune.method == null) prune.method = preset.method();
        if (prune.wg == null) prune.wg = preset.wg();
        boolean inherits = target.basePrModel != null;
        if (target.stagePr == null && !inherits) target.stagePr = preset.stagePr();
        if (target.skipLayers.isBlank() && !inherits) target.skipLayers = preset.skipLayers();
        if (prune.batchSizePrune == null) prune.batchSizePrune = preset.batchSize();
        if (prune.batchSize == null) prune.batchSize = preset.batchSize();
    }

    /**
     * In what a run is another experiment than the preset's, once {@link #fill} was called: the paper's numbers are not to be
     * shown beside it. How long it trains is not among that.
     *
     * @param usedArch of the network that is pruned, wherever it came from
     * @param usedDataset the name of its images
     * @return the flags as the preset has them, empty if it is the same
     */
    static List<String> overridden(
            Preset preset, PruneOptions prune, TargetOptions target, String usedArch, String usedDataset) {
        List<String> flags = new ArrayList<>();
        if (!prune.method.equals(preset.method())) flags.add("--method " + preset.method());
        if (!usedArch.equals(preset.arch())) flags.add("--arch " + preset.arch());
        if (!usedDataset.equals(preset.dataset())) flags.add("--dataset " + preset.dataset());
        if (!prune.wg.equals(preset.wg())) flags.add("--wg " + preset.wg());
        if (target.basePrModel != null) flags.add("no --base-pr-model");
        else if (!target.stagePr.strip().equals(preset.stagePr())) flags.add("--stage-pr " + preset.stagePr());
        if (!target.skipLayers.strip().equals(preset.skipLayers()) && target.basePrModel == null) {
            flags.add(preset.skipLayers().isEmpty() ? "no --skip-layers" : "--skip-layers " + preset.skipLayers());
        }
        if (target.pruneCoupled) flags.add("no --prune-coupled");
        if (target.global) flags.add("no --global");
        if (prune.pickPruned != null && !prune.pickPruned.equals(Written.name(PickPruned.MIN))) {
            flags.add("--pick-pruned min");
        }
        if (prune.reinit() != Reinit.NONE) flags.add("--reinit none");
        return flags;
    }
}
