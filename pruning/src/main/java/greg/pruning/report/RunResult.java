package greg.pruning.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of one way of pruning in one finished run.
 *
 * @param seed of the run
 * @param method as it is written; L1 for the one-shot comparison too, {@code L1 matched to GReg-1} with its steps
 * @param settings everything else that decides the result, by {@linkplain Setting#written written name}; equal for runs
 *     that differ only in the seed
 * @param base top-1 of the unpruned network in percent
 * @param removed top-1 right after the removal
 * @param finetuned top-1 at the end of finetuning, or null if there was none
 * @param best top-1 after the best epoch of finetuning, or null if none was completed
 * @param sparsity share of all parameters removed, in percent
 * @param speedup multiply-accumulates before / after
 * @param published the paper's result, or null
 * @param measured times of a forward pass before / after, by batch size; empty where they are not known
 */
public record RunResult(
        long seed,
        String method,
        Map<String, String> settings,
        double base,
        double removed,
        Double finetuned,
        Double best,
        double sparsity,
        double speedup,
        MeanStd published,
        Map<Integer, Double> measured) {
    /**
     * The results of a run: its method, and L1 in one shot, finetuned only or with the steps of growing, where they were run.
     *
     * @param config content of {@code config.json}
     * @param report content of {@code report.json}
     */
    static List<RunResult> of(Field config, Field report) {
        List<RunResult> results = new ArrayList<>();
        Map<String, String> settings = settings(config, report);
        Field published = report.get("published");
        results.add(of(config, report, report.get("pruned"), report, settings, published.get("top1")));
        Field l1 = report.get("one_shot_l1");
        if (l1.isThere()) results.add(of(config, report, l1, l1, settings, published.get("one_shot_l1_top1")));
        Field matched = report.get("l1_matched");
        if (matched.isThere()) results.add(of(config, report, matched, matched, settings, report.get("none")));
        return results;
    }

    private static RunResult of(
            Field config, Field report, Field accuracies, Field size, Map<String, String> settings, Field published) {
        String written = accuracies.get("method").text();
        String method = written.equals("L1 one-shot") ? "L1" : written;
        Map<String, String> deciding = new TreeMap<>(settings);
        if (method.equals("L1")) Setting.of(Setting.Role.GROWTH).forEach(s -> deciding.remove(s.written()));
        return new RunResult(
                config.get("seed").integer(),
                method,
                deciding,
                report.get("base").get("top1").number(),
                accuracies.get("after_removal").get("top1").number(),
                top1(accuracies.get("after_finetuning")),
                top1(accuracies.get("best_epoch")),
                size.get("sparsity_percent").number(),
                size.get("speedup").number(),
                published.isThere() ? meanStd(published) : null,
                measured(report, size));
    }

    /** One-shot L1 leaves a network of the same shape at the same ratios, which was timed; where it does not, it was not timed. */
    private static Map<Integer, Double> measured(Field report, Field size) {
        Map<Integer, Double> measured = new TreeMap<>();
        if (size.get("speedup").number() != report.get("speedup").number()) return measured;
        for (Field speed : report.get("measured").elements()) {
            double ratio =
                    speed.get("dense_ms").number() / speed.get("pruned_ms").number();
            if (Double.isFinite(ratio)) measured.put(speed.get("batch").smallInteger(), ratio);
        }
        return measured;
    }

    private static Double top1(Field score) {
        return score.isThere() ? score.get("top1").number() : null;
    }

    /** Options as given, overridden by the values that a recipe or preset settled on. */
    private static Map<String, String> settings(Field config, Field report) {
        Map<String, String> settings = new TreeMap<>();
        config.get("options").members().forEach((name, value) -> put(settings, name, value));
        config.get("pruning").members().forEach((name, value) -> put(settings, name, value));
        settings.putIfAbsent(Setting.SCORE.written(), "l1"); // runs of earlier versions knew no other
        Field finetune = config.get("pruning").get("finetune");
        settings.put("lr-ft", finetune.get("lr").written());
        settings.put("epochs", finetune.get("epochs").written());
        settings.put("batch-size", finetune.get("batch_size").written());
        settings.put("arch", report.get("arch").text());
        settings.put("dataset", report.get("dataset").text());
        for (Setting setting : Setting.values()) {
            if (!setting.role().decides()) settings.remove(setting.written());
        }
        settings.remove(Setting.METHOD.written()); // a result has components of its own for these two
        settings.remove(Setting.SEED.written());
        settings.values().removeIf(String::isEmpty);
        return settings;
    }

    private static void put(Map<String, String> settings, String name, Field value) {
        if (value.isThere() && value.value().isValueNode()) {
            settings.put(name.replace('_', '-').toLowerCase(Locale.ROOT), value.written());
        }
    }

    private static MeanStd meanStd(Field json) {
        Field std = json.get("std");
        return new MeanStd(
                json.get("mean").number(),
                std.isThere() ? std.number() : 0,
                json.get("runs").smallInteger());
    }

    /** One setting, or an empty text. */
    public String setting(String name) {
        return settings.getOrDefault(name, "");
    }
}
