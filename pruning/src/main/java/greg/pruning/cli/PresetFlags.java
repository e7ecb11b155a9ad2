package greg.pruning.cli;

import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.run.Preset;
import greg.pruning.run.UsageException;
import greg.pruning.select.PickPruned;
import greg.pruning.surgery.Reinit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What {@code --preset} means for the other flags. */
final class PresetFlags {
    /** The word that lists all presets instead. */
    static final String LIST = "list";

    private PresetFlags() {}

    /** The preset of that exact name; UsageException with the nearest known one otherwise. */
    static Preset find(String name) {
        if (Preset.names().contains(name)) return Preset.of(name);
        throw new UsageException("--preset: unknown preset '" + name + "'" + NearestName.hint(name, Preset.names())
                + "; see 'greg prune --preset " + LIST + "'");
    }

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
        Map<Setting, String> theirs = new EnumMap<>(Setting.class);
        theirs.put(Setting.METHOD, preset.method());
        theirs.put(Setting.ARCH, preset.arch());
        theirs.put(Setting.DATASET, preset.dataset());
        theirs.put(Setting.GRANULARITY, preset.wg());
        theirs.put(Setting.BASE_PR_MODEL, "");
        theirs.put(Setting.RATIOS, preset.stagePr());
        theirs.put(Setting.SKIP_LAYERS, preset.skipLayers());
        theirs.put(Setting.PRUNE_COUPLED, "");
        theirs.put(Setting.GLOBAL, "");
        theirs.put(Setting.PICK_PRUNED, Written.name(PickPruned.MIN));
        theirs.put(Setting.REINIT, Written.name(Reinit.NONE));
        Map<Setting, String> ours = new EnumMap<>(theirs);
        ours.put(Setting.METHOD, prune.method);
        ours.put(Setting.ARCH, usedArch);
        ours.put(Setting.DATASET, usedDataset);
        ours.put(Setting.GRANULARITY, prune.wg);
        if (target.basePrModel != null) {
            ours.put(Setting.BASE_PR_MODEL, target.basePrModel.toString()); // in place of ratios and layers to skip
        } else {
            ours.put(Setting.RATIOS, target.stagePr.strip());
            ours.put(Setting.SKIP_LAYERS, target.skipLayers.strip());
        }
        if (target.pruneCoupled) ours.put(Setting.PRUNE_COUPLED, "true");
        if (target.global) ours.put(Setting.GLOBAL, "true");
        if (prune.pickPruned != null) ours.put(Setting.PICK_PRUNED, prune.pickPruned);
        ours.put(Setting.REINIT, prune.reinit);
        List<String> flags = new ArrayList<>();
        for (Setting setting : Setting.of(Setting.Role.EXPERIMENT)) {
            String value = theirs.get(setting);
            if (ours.get(setting).equals(value)) continue;
            flags.add(value.isEmpty() ? "no " + Flags.of(setting) : Flags.of(setting) + " " + value);
        }
        return flags;
    }
}
