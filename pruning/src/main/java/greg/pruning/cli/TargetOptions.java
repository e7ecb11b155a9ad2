package greg.pruning.cli;

import greg.pruning.growth.GregConfig;
import greg.pruning.growth.Semantics;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.pruning.report.Setting;
import greg.pruning.run.Pruning;
import greg.pruning.run.Recipe;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Flags that say how much is removed, and where: the same for {@code prune} and {@code inspect}. */
@HelpGroup(HelpGroup.Heading.WHAT_GOES)
final class TargetOptions {
    private static final int MOST_ROUNDING = 1024;

    @Option(
            names = "--stage-pr",
            paramLabel = "RATIOS",
            description =
                    "Share of the groups to remove, from 0 to below 1, or -1 to cut at the largest gap in a layer's"
                            + " scores: a ratio per stage of a residual network ([0,0.7,0.7,0.7,0]: stem, stages, classifier),"
                            + " layer index ranges of a single-branch one ([1-15:0.7]), name globs (layer2.*.conv1:0.5) or"
                            + " one for all (0.5). Default: 'prune' needs it, its demonstration has "
                            + Recipe.DEMONSTRATION_RATIOS + "; 'inspect' removes nothing.")
    String stagePr;

    @Option(
            names = "--skip-layers",
            paramLabel = "LAYERS",
            defaultValue = "",
            description =
                    "Layers to leave whole: stage.block.conv ([1.0,2.3.1]), indices or name globs. Default: none.")
    String skipLayers = "";

    @Option(
            names = "--base-pr-model",
            paramLabel = "RUN",
            description = "Prune as another run did, instead of --stage-pr: its folder, or its pruned.safetensors."
                    + " Default: none.")
    Path basePrModel;

    @Option(
            names = "--inherit-pruned",
            paramLabel = "WHAT",
            description =
                    "What to take from --base-pr-model: index (the same groups) or pr (only how many each layer loses)."
                            + " Default: index; pr for GReg-2 and --semantics paper, which choose themselves.")
    String inheritPruned;

    @Option(
            names = "--prune-coupled",
            description =
                    "Also prune channels tied by residual additions, together: one filter of every layer that meets"
                            + " there, by the sum of their scores. The paper leaves them whole. Default: ${DEFAULT-VALUE}.")
    boolean pruneCoupled;

    @Option(
            names = "--global",
            description =
                    "Take --stage-pr 0.5 as the share of all groups of the network: they are ranked across layers,"
                            + " each score divided by its layer's mean. Default: ${DEFAULT-VALUE}.")
    boolean global;

    @Option(
            names = "--round-to",
            paramLabel = "N",
            description = "Leave a multiple of N filters or channels in each layer that loses some, the nearest to what"
                    + " --stage-pr leaves and at least N: 8 or 16 fill the registers of a CPU. Default: no rounding.")
    Integer roundTo;

    /** UsageException if a flag says how to prune although nothing is to be removed. */
    void checkNothingIdle(String wg) {
        if (given()) return;
        String unused = !skipLayers.isBlank()
                ? "--skip-layers"
                : global
                        ? "--global"
                        : pruneCoupled
                                ? "--prune-coupled"
                                : inheritPruned != null
                                        ? "--inherit-pruned"
                                        : roundTo != null ? "--round-to" : wg != null ? "--wg" : null;
        if (unused != null)
            throw new UsageException(unused + ": nothing is to be removed; give --stage-pr, or leave it out");
    }

    /** What the flags say, by setting; those that were not given are absent. */
    Map<Setting, String> bySetting() {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        if (stagePr != null) values.put(Setting.RATIOS, stagePr);
        if (!skipLayers.isBlank()) values.put(Setting.SKIP_LAYERS, skipLayers);
        if (basePrModel != null) values.put(Setting.BASE_PR_MODEL, basePrModel.toString());
        if (inheritPruned != null) values.put(Setting.INHERIT_PRUNED, inheritPruned);
        if (pruneCoupled) values.put(Setting.PRUNE_COUPLED, "true");
        if (global) values.put(Setting.GLOBAL, "true");
        if (roundTo != null) values.put(Setting.ROUND_TO, roundTo.toString());
        return values;
    }

    /** Whether anything is to be removed. */
    boolean given() {
        return stagePr != null || basePrModel != null;
    }

    /** Whether how much is removed depends on the weights, so that it is unknown without them. */
    boolean dependsOnWeights() {
        return global || dependsOnScores();
    }

    private boolean dependsOnScores() {
        return stagePr != null && stagePr.matches(".*(^|[\\[:,\\s])-1(\\.0*)?\\s*([\\],].*|$)");
    }

    /** The target that the flags describe. */
    Target target(GregConfig config) {
        if (pruneCoupled && !config.granularity().structured()) {
            throw new UsageException(
                    "--prune-coupled: single weights (--wg weight) are not tied to each other; leave it"
                            + " out, or prune filters or channels");
        }
        if (roundTo != null) {
            Checks.between("--round-to", 2, MOST_ROUNDING, roundTo);
            if (!config.granularity().structured() || dependsOnScores()) {
                throw new UsageException(
                        "--round-to: single weights (--wg weight), and ratios of -1, cannot be rounded;"
                                + " leave it out");
            }
        }
        if (basePrModel == null && inheritPruned != null) {
            throw new UsageException("--inherit-pruned: give the run to inherit from with --base-pr-model");
        }
        if (basePrModel != null) return inherited(config);
        if (stagePr == null) {
            throw new UsageException(
                    "--stage-pr is needed: the share of the filters to remove, e.g. [0,0.7,0.7,0.7,0] for"
                            + " a resnet20 (stem, three stages, classifier) or 0.5 for all layers");
        }
        return new Target(
                PruningRatios.parse(stagePr),
                SkipLayers.parse(skipLayers),
                null,
                pruneCoupled,
                global,
                roundTo == null ? 1 : roundTo);
    }

    private Target inherited(GregConfig config) {
        if (stagePr != null || !skipLayers.isBlank() || global || roundTo != null) {
            throw new UsageException("--base-pr-model says what each layer loses: leave out "
                    + (stagePr != null
                            ? "--stage-pr"
                            : global ? "--global" : roundTo != null ? "--round-to" : "--skip-layers"));
        }
        boolean choosesItself = !config.method().choosesFirst() || config.semantics() == Semantics.PAPER;
        InheritedPruning.Mode mode = inheritPruned != null
                ? Words.parse("--inherit-pruned", InheritedPruning.Mode.class, inheritPruned)
                : choosesItself ? InheritedPruning.Mode.PR : InheritedPruning.Mode.INDEX;
        return new Target(
                null,
                SkipLayers.NONE,
                Pruning.inherit("basePrModel", basePrModel, mode, config.granularity()),
                pruneCoupled,
                false);
    }
}
