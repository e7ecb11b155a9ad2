package greg.pruning.cli;

import greg.pruning.growth.GregConfig;
import greg.pruning.run.RunConfig;
import greg.pruning.run.SpeedRatios;
import greg.pruning.run.UsageException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** Flags that choose the ratios by measured time. */
@HelpGroup(HelpGroup.Heading.WHAT_GOES)
final class SpeedOptions {
    /** These give way to the ratios that they have chosen. */
    static final List<String> NAMES = List.of("target-speedup", "target-latency", "target-batch");

    /** Why several runs that one command makes cannot have them. */
    static final String NOT_FOR_SEVERAL =
            "each run would measure, and choose ratios of its own; give those of one run with --stage-pr";

    private static final double MOST = 1e6;

    @Option(
            names = "--target-speedup",
            paramLabel = "X",
            description =
                    "Instead of --stage-pr: choose how much each layer loses so that inference on this machine, measured, is"
                            + " X times as fast, at the least cost in scores of the --weights. Default: none.")
    private String speedup;

    @Option(
            names = "--target-latency",
            paramLabel = "MS",
            description = "As --target-speedup, for a time in milliseconds, e.g. 3ms. Default: none.")
    private String latency;

    @Option(
            names = "--target-batch",
            paramLabel = "N",
            description = "Images per forward pass that --target-speedup or --target-latency is for. Default: 1.")
    private Integer batch;

    /** Whether the ratios are to be chosen by measured time. */
    boolean given() {
        return speedup != null || latency != null;
    }

    /** The speed that is wanted, or null; UsageException if that is unclear, or the other flags leave nothing to choose. */
    SpeedRatios.Goal goal(TargetOptions target, GregConfig config, boolean weights) {
        if (!given()) {
            if (batch == null) return null;
            throw new UsageException("--target-batch has no effect without --target-speedup or --target-latency");
        }
        if (speedup != null && latency != null) {
            throw new UsageException("--target-speedup and --target-latency are two goals; leave one of them out");
        }
        String flag = speedup != null ? "--target-speedup" : "--target-latency";
        if (target.given() || target.global) {
            String other = target.stagePr != null ? "--stage-pr" : target.global ? "--global" : "--base-pr-model";
            throw new UsageException(flag + " chooses the ratios itself: leave out " + other);
        }
        if (!config.granularity().structured()) {
            throw new UsageException(
                    flag + ": masked weights (--wg weight) save no time; prune filters or channels, or leave it out");
        }
        if (!weights) {
            throw new UsageException(flag + " weighs the filters of a trained network: give it with --weights");
        }
        int images = batch == null ? 1 : batch;
        Checks.batch("--target-batch", images);
        double factor = number("--target-speedup", speedup, "x");
        if (speedup != null && factor <= 1) {
            throw new UsageException("--target-speedup " + speedup + ": expected more than 1");
        }
        return new SpeedRatios.Goal(factor, number("--target-latency", latency, "ms"), images);
    }

    private static double number(String flag, String text, String unit) {
        if (text == null) return 0;
        String digits = text.endsWith(unit) ? text.substring(0, text.length() - unit.length()) : text;
        try {
            double number = Double.parseDouble(digits);
            if (number > 0 && number < MOST) return number;
        } catch (NumberFormatException e) {
            // as if it were out of range
        }
        throw new UsageException(flag + " " + text + ": expected a number above 0, such as 2" + unit);
    }

    /** The invocation as if {@code ratios} had been given by hand, so that the run is resumed with them, whatever the time then is. */
    RunConfig.Invocation settled(RunConfig.Invocation invocation, String ratios) {
        if (!given()) return invocation;
        List<String> args = new ArrayList<>();
        Iterator<String> words = invocation.args().iterator();
        while (words.hasNext()) {
            String word = words.next();
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            boolean chose = name.startsWith("--") && NAMES.contains(name.substring(2));
            if (!chose) args.add(word);
            else if (equals < 0) words.next(); // its value
        }
        args.addAll(List.of("--stage-pr", ratios));
        Map<String, Object> options = new TreeMap<>(invocation.options());
        NAMES.forEach(name -> options.put(name, null));
        return new RunConfig.Invocation(invocation.command(), args, options);
    }
}
