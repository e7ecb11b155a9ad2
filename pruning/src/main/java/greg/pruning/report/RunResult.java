package greg.pruning.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of one way of pruning in one finished run.
 *
 * @param seed of the run
 * @param method as it is written; L1 for the one-shot comparison too
 * @param settings everything else that decides the result, by {@linkplain Setting#written written name}; equal for runs
 *     that differ only in the seed
 * @param base top-1 of the unpruned network in percent
 * @param removed top-1 right after the removal
 * @param finetuned top-1 at the end of finetuning, or null if there was none
 * @param sparsity share of all parameters removed, in percent
 * @param speedup multiply-accumulates before / after
 * @param published the paper's result, or null
 */
public record RunResult(
        long seed,
        String method,
        Map<String, String> settings,
        double base,
        double removed,
        Double finetuned,
        double sparsity,
        double speedup,
        MeanStd published) {
    /**
     * The results of a run: its method, and one-shot L1 if it was run.
     *
     * @param config content of {@code config.json}
     * @param report content of {@code report.json}
     */
    static List<RunResult> of(JsonNode config, JsonNode report) {
        List<RunResult> results = new ArrayList<>();
        Map<String, String> settings = settings(config, report);
        JsonNode main = report.get("pruned");
        JsonNode published = report.path("published");
        results.add(of(config, report, main, report, settings, published.path("top1")));
        JsonNode l1 = report.path("one_shot_l1");
        if (!l1.isMissingNode() && !l1.isNull()) {
            results.add(of(config, report, l1, l1, settings, published.path("one_shot_l1_top1")));
        }
        return results;
    }

    private static RunResult of(
            JsonNode config,
            JsonNode report,
            JsonNode accuracies,
            JsonNode size,
            Map<String, String> settings,
            JsonNode published) {
        String method = accuracies.get("method").asText().startsWith("L1")
                ? "L1"
                : accuracies.get("method").asText();
        Map<String, String> deciding = new TreeMap<>(settings);
        if (method.equals("L1")) Setting.of(Setting.Role.GROWTH).forEach(s -> deciding.remove(s.written()));
        JsonNode finetuned = accuracies.path("after_finetuning");
        return new RunResult(
                config.get("seed").asLong(),
                method,
                deciding,
                report.get("base").get("top1").asDouble(),
                accuracies.get("after_removal").get("top1").asDouble(),
                finetuned.isObject() ? finetuned.get("top1").asDouble() : null,
                size.get("sparsity_percent").asDouble(),
                size.get("speedup").asDouble(),
                meanStd(published));
    }

    /** Options as given, overridden by the values that a recipe or preset settled on. */
    private static Map<String, String> settings(JsonNode config, JsonNode report) {
        Map<String, String> settings = new TreeMap<>();
        for (Map.Entry<String, JsonNode> option : config.get("options").properties()) put(settings, option);
        for (Map.Entry<String, JsonNode> setting : config.get("pruning").properties()) put(settings, setting);
        JsonNode finetune = config.get("pruning").get("finetune");
        settings.put("lr-ft", finetune.get("lr").asText());
        settings.put("epochs", finetune.get("epochs").asText());
        settings.put("batch-size", finetune.get("batch_size").asText());
        settings.put("arch", report.get("arch").asText());
        settings.put("dataset", report.get("dataset").asText());
        for (Setting setting : Setting.values()) {
            if (!setting.role().decides()) settings.remove(setting.written());
        }
        settings.remove(Setting.METHOD.written()); // a result has components of its own for these two
        settings.remove(Setting.SEED.written());
        settings.values().removeIf(String::isEmpty);
        return settings;
    }

    private static void put(Map<String, String> settings, Map.Entry<String, JsonNode> entry) {
        JsonNode value = entry.getValue();
        if (value.isValueNode() && !value.isNull()) {
            settings.put(entry.getKey().replace('_', '-').toLowerCase(Locale.ROOT), value.asText());
        }
    }

    private static MeanStd meanStd(JsonNode json) {
        if (!json.isObject()) return null;
        return new MeanStd(
                json.get("mean").asDouble(),
                json.path("std").asDouble(0),
                json.get("runs").asInt());
    }

    /** One setting, or an empty text. */
    public String setting(String name) {
        return settings.getOrDefault(name, "");
    }
}
