package greg.pruning.cli;

import greg.pruning.graph.NearestName;
import greg.pruning.report.Setting;
import greg.pruning.run.Preset;
import greg.pruning.run.UsageException;
import java.util.EnumSet;
import java.util.Set;

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

    /** The settings that a preset decides where nothing that is given with it does. */
    static Set<Setting> decided(String name) {
        Set<Setting> decided = EnumSet.of(
                Setting.ARCH,
                Setting.DATASET,
                Setting.METHOD,
                Setting.GRANULARITY,
                Setting.RATIOS,
                Setting.SKIP_LAYERS,
                Setting.BASE_PR_MODEL,
                Setting.INHERIT_PRUNED);
        if (!name.equals(LIST) && find(name).batchSize() != null) {
            decided.addAll(Set.of(Setting.BATCH_SIZE_PRUNE, Setting.BATCH_SIZE));
        }
        return decided;
    }

    /**
     * Sets what no flag has set.
     *
     * @return what it has set
     */
    static Set<Setting> fill(
            Preset preset, PruneOptions prune, TargetOptions target, SpeedOptions speed, ArchOptions network) {
        Set<Setting> filled = EnumSet.noneOf(Setting.class);
        if (network.arch == null && network.weights == null) {
            network.arch = preset.arch();
            filled.add(Setting.ARCH);
        }
        if (prune.method == null) {
            prune.method = preset.method();
            filled.add(Setting.METHOD);
        }
        if (prune.wg == null) {
            prune.wg = preset.wg();
            filled.add(Setting.GRANULARITY);
        }
        boolean inherits = target.basePrModel != null;
        if (target.stagePr == null && !inherits && !speed.given()) {
            target.stagePr = preset.stagePr();
            filled.add(Setting.RATIOS);
        }
        if (target.skipLayers.isBlank() && !inherits && !preset.skipLayers().isEmpty()) {
            target.skipLayers = preset.skipLayers();
            filled.add(Setting.SKIP_LAYERS);
        }
        if (preset.batchSize() == null) return filled;
        if (prune.batchSizePrune == null) {
            prune.batchSizePrune = preset.batchSize();
            filled.add(Setting.BATCH_SIZE_PRUNE);
        }
        if (prune.batchSize == null) {
            prune.batchSize = preset.batchSize();
            filled.add(Setting.BATCH_SIZE);
        }
        return filled;
    }
}
