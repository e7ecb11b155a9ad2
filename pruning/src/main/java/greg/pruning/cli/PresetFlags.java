package greg.pruning.cli;

import greg.pruning.graph.NearestName;
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
    /** The value that lists all presets instead. */
    static final String LIST = "list";

    private PresetFlags() {}

    /** The preset of that exact name; UsageException with the nearest known one otherwise. */
    static Preset find(String name) {
        if (Preset.names().contains(name)) return Preset.of(name);
        throw new UsageException("--preset: unknown preset '" + name + "'" + NearestName.hint(name, Preset.names())
                + "; see 'greg prune --preset " + LIST + "'");
    }

    /** Sets what no flag has set. */
    static void fill(Preset preset, PruneOptions prune, TargetOptions target, SpeedOptions speed, ArchOptions network) {
        if (network.arch == null && network.weights == null) network.arch = preset.arch();
        if (prune.method == null) prune.method = preset.method();
        if (prune.wg == null) prune.wg = preset.wg();
        boolean inherits = target.basePrModel != null;
        if (target.stagePr == null && !inherits && !speed.given()) target.stagePr = preset.stagePr();
        if (target.skipLayers.isBlank() && !inherits) target.skipLayers = preset.skipLayers();
        if (prune.batchSizePrune == null) prune.batchSizePrune = preset.batchSize();
        if (prune.batchSize == null) prune.batchSize = preset.batchSize();
    }

    /**
     * The settings in which a run differs from the preset's experiment, once {@link #fill} was called: if there are any,
     * the paper's numbers must not be shown beside it. How long it trains does not count.
     *
     * @param usedArch of the network that is pruned, from flag, file or preset
     * @param usedDataset the name of its images
     * @return the flags as the preset has them, empty if it is the same
     */
    static List<String> overridden(
            Preset preset, PruneOptions prune, TargetOptions target, String usedArch, String usedDataset) {
        Map<Setting, String> presetValues = new EnumMap<>(Setting.class);
        presetValues.put(Setting.METHOD, preset.method());
        presetValues.put(Setting.ARCH, preset.arch());
        presetValues.put(Setting.DATASET, preset.dataset());
        presetValues.put(Setting.GRANULARITY, preset.wg());
        presetValues.put(Setting.BASE_PR_MODEL, "");
        presetValues.put(Setting.RATIOS, preset.stagePr());
        presetValues.put(Setting.SKIP_LAYERS, preset.skipLayers());
        presetValues.put(Setting.PRUNE_COUPLED, "");
        presetValues.put(Setting.GLOBAL, "");
        presetValues.put(Setting.ROUND_TO, "");
        presetValues.put(Setting.PICK_PRUNED, Written.name(PickPruned.MIN));
        presetValues.put(Setting.REINIT, Written.name(Reinit.NONE));
        Map<Setting, String> runValues = new EnumMap<>(presetValues);
        runValues.put(Setting.METHOD, prune.method);
        runValues.put(Setting.ARCH, usedArch);
        runValues.put(Setting.DATASET, usedDataset);
        runValues.put(Setting.GRANULARITY, prune.wg);
        if (target.basePrModel != null) {
            runValues.put(
                    Setting.BASE_PR_MODEL, target.basePrModel.toString()); // in place of ratios and layers to skip
        } else {
            runValues.put(Setting.RATIOS, target.stagePr.strip());
            runValues.put(Setting.SKIP_LAYERS, target.skipLayers.strip());
        }
        if (target.pruneCoupled) runValues.put(Setting.PRUNE_COUPLED, "true");
        if (target.global) runValues.put(Setting.GLOBAL, "true");
        if (target.roundTo != null) runValues.put(Setting.ROUND_TO, target.roundTo.toString());
        if (prune.pickPruned != null) runValues.put(Setting.PICK_PRUNED, prune.pickPruned);
        runValues.put(Setting.REINIT, prune.reinit);
        List<String> flags = new ArrayList<>();
        for (Setting setting : Setting.of(Setting.Role.EXPERIMENT)) {
            String value = presetValues.get(setting);
            if (runValues.get(setting).equals(value)) continue;
            flags.add(value.isEmpty() ? "no " + Flags.of(setting) : Flags.of(setting) + " " + value);
        }
        return flags;
    }
}
