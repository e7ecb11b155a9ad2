package greg.pruning.cli;

import greg.pruning.growth.GregConfig;
import greg.pruning.growth.Semantics;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.ratios.PruningRatios;
import greg.pruning.ratios.SkipLayers;
import greg.pruning.ratios.Target;
import greg.pruning.run.Pruning;
import greg.pruning.run.Recipe;
import greg.pruning.run.RunConfig;
import greg.pruning.run.SpeedRatios;
import greg.pruning.run.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Option;

/** Flags that say how much is removed, and where: the same for {@code prune} and {@code inspect}. */
final class TargetOptions {
    private static final int MOST_ROUNDING = 1024;
    private static final double MOST_NUMBER = 1e6;

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

    @Option(
            names = "--target-speedup",
            paramLabel = "X",
            description =
                    "Instead of --stage-pr: choose how much each layer loses so that inference on this machine, measured, is X times"
                            + " as fast, at the least cost in scores of the --weights. Default: none.")
    String targetSpeedup;

    @Option(
            names = "--target-latency",
            paramLabel = "MS",
            description = "As --target-speedup, for a time in milliseconds, e.g. 3ms. Default: none.")
    String targetLatency;

    @Option(
            names = "--target-batch",
            paramLabel = "N",
            description = "Images per forward pass that --target-speedup or --target-latency is for. Default: 1.")
    Integer targetBatch;

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
                                        : roundTo != null
                                                ? "--round-to"
                                                : targetBatch != null ? "--target-batch" : wg != null ? "--wg" : null;
        if (unused != null)
            throw new UsageException(unused + ": nothing is to be removed; give --stage-pr, or leave it out");
    }

    /** Whether anything is to be removed. */
    boolean given() {
        return stagePr != null || basePrModel != null || timed();
    }

    /** Whether the ratios are to be chosen by measured time. */
    boolean timed() {
        return targetSpeedup != null || targetLatency != null;
    }

    /** The speed that is wanted; UsageException if that is unclear. */
    SpeedRatios.Goal goal() {
        if (targetSpeedup != null && targetLatency != null) {
            throw new UsageException("--target-speedup and --target-latency are two goals; leave one of them out");
        }
        if (stagePr != null || basePrModel != null || global) {
            String other = stagePr != null ? "--stage-pr" : global ? "--global" : "--base-pr-model";
            throw new UsageException((targetSpeedup != null ? "--target-speedup" : "--target-latency")
                    + " chooses the ratios itself: leave out " + other);
        }
        int batch = targetBatch == null ? 1 : targetBatch;
        Checks.batch("--target-batch", batch);
        double speedup = number("--target-speedup", targetSpeedup, "x");
        if (targetSpeedup != null && speedup <= 1) {
            throw new UsageException("--target-speedup " + targetSpeedup + ": expected more than 1");
        }
        return new SpeedRatios.Goal(speedup, number("--target-latency", targetLatency, "ms"), batch);
    }

    /** The invocation with the ratios that were chosen in place of the flags that chose them, so that a resumed run has the same. */
    RunConfig.Invocation settled(RunConfig.Invocation invocation) {
        if (!timed()) return invocation;
        List<String> args = new ArrayList<>();
        Iterator<String> given = invocation.args().iterator();
        while (given.hasNext()) {
            String arg = given.next();
            String name = arg.contains("=") ? arg.substring(0, arg.indexOf('=')) : arg;
            boolean chose = List.of("--target-speedup", "--target-latency", "--target-batch")
                    .contains(name);
            if (!chose) args.add(arg);
            else if (name.equals(arg) && given.hasNext()) given.next();
        }
        args.addAll(List.of("--stage-pr", stagePr));
        return new RunConfig.Invocation(invocation.command(), args, invocation.options());
    }

    private static double number(String flag, String text, String unit) {
        if (text == null) return 0;
        String digits = text.endsWith(unit) ? text.substring(0, text.length() - unit.length()) : text;
        try {
            double number = Double.parseDouble(digits);
            if (number > 0 && number < MOST_NUMBER) return number;
        } catch (NumberFormatException e) {
            // as if it were out of range
        }
        throw new UsageException(flag + " " + text + ": expected a number above 0, such as 2" + unit);
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
        if (timed() && !config.granularity().structured()) {
            throw new UsageException("--target-speedup and --target-latency: masked weights (--wg weight) save no time;"
                    + " prune filters or channels");
        }
        if (targetBatch != null && !timed()) {
            throw new UsageException("--target-batch has no effect without --target-speedup or --target-latency");
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
                null, SkipLayers.NONE, Pruning.inherit(basePrModel, mode, config.granularity()), pruneCoupled, false);
    }
}
