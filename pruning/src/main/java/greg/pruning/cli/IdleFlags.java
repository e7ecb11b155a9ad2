package greg.pruning.cli;

import greg.nn.train.TrainConfig;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.growth.Semantics;
import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.run.L1Comparison;
import greg.pruning.select.PickPruned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.ParseResult;

/**
 * Flags of {@code prune} that were given and change nothing. They are no error, since one command line is often tried with
 * several methods, but they are not silent either.
 */
final class IdleFlags {
    private static final List<Setting> OF_PICKING =
            List.of(Setting.REG_UPPER_LIMIT_PICK, Setting.REG_GRANULARITY_PICK, Setting.REG_GRANULARITY_RECOVER);
    private static final List<Setting> OF_GROWING = List.of(Setting.REG_GRANULARITY_PRUNE, Setting.MAG_RATIO_LIMIT);

    private final ParseResult given;
    private final Map<String, String> reasons = new LinkedHashMap<>();

    private IdleFlags(ParseResult given) {
        this.given = given;
    }

    /**
     * Says which, and why, a line for each reason.
     *
     * @param weights whether the base network is given
     */
    static void warn(
            ParseResult given,
            GregConfig config,
            TrainConfig finetune,
            L1Comparison oneShot,
            boolean weights,
            Console console) {
        IdleFlags idle = new IdleFlags(given);
        idle.growth(config, oneShot);
        if (weights) idle.add("where --weights gives the base network", Setting.BASE_EPOCHS, Setting.BASE_LR);
        if (finetune.epochs() == 0) {
            idle.add("without finetuning", Setting.LR_FT, Setting.OPTIMIZER);
            if (given.hasMatchedOption(Flags.of(Setting.NO_FINETUNE))) idle.add("without finetuning", Setting.EPOCHS);
        }
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        idle.reasons.forEach((flag, why) ->
                byReason.computeIfAbsent(why, w -> new ArrayList<>()).add(flag));
        byReason.forEach((why, flags) -> console.say(
                "warning: %s %s no effect %s", String.join(", ", flags), flags.size() == 1 ? "has" : "have", why));
    }

    /** Settings that a run does not read, whether they were given or not. */
    static List<Setting> unread(GregConfig config, TrainConfig finetune, L1Comparison oneShot) {
        List<Setting> unread = new ArrayList<>(ofGrowth(config.method(), oneShot));
        if (finetune.epochs() == 0) unread.addAll(List.of(Setting.LR_FT, Setting.OPTIMIZER));
        return unread;
    }

    /** L1 and FixReg with the steps of growing read what gives their number. */
    private static List<Setting> ofGrowth(PruningMethod method, L1Comparison oneShot) {
        boolean matched = oneShot == L1Comparison.MATCHED;
        return switch (method) {
            case L1 -> matched ? OF_PICKING : Setting.of(Setting.Role.GROWTH);
            case GREG_1 -> OF_PICKING;
            case GREG_2 -> List.of();
            case FIX_REG ->
                Stream.concat(OF_PICKING.stream(), matched ? Stream.of() : OF_GROWING.stream())
                        .toList();
        };
    }

    private void growth(GregConfig config, L1Comparison oneShot) {
        PruningMethod method = config.method();
        String why = "with --method " + Written.name(method);
        add(why, ofGrowth(method, oneShot).toArray(Setting[]::new));
        if (method == PruningMethod.L1) {
            if (oneShot != L1Comparison.MATCHED) add(why, Setting.ONE_SHOT);
            add(why, Setting.LOG_INTERVAL, Setting.TEST_INTERVAL, Setting.SCORES_AT);
        }
        if (!config.granularity().structured())
            add("with --wg weight, whose groups are too many to list", Setting.SCORES_AT);
        boolean choosesLater =
                method != PruningMethod.L1 && (!method.choosesFirst() || config.semantics() == Semantics.PAPER);
        if (config.pickPruned() == PickPruned.RAND && !choosesLater) add("with --pick-pruned rand", Setting.SCORE);
        if (config.semantics() == Semantics.PAPER && method != PruningMethod.L1) {
            String paper = "with --semantics paper";
            add(paper, Setting.MAG_RATIO_LIMIT, Setting.REG_GRANULARITY_PICK, Setting.REG_GRANULARITY_RECOVER);
        }
    }

    private void add(String why, Setting... settings) {
        for (Setting setting : settings) {
            String flag = Flags.of(setting);
            if (given.hasMatchedOption(flag)) reasons.putIfAbsent(flag, why);
        }
    }
}
