package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.Datasets;
import greg.nn.SettingException;
import greg.nn.train.Augmentation;
import greg.nn.train.TrainConfig;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Json;
import greg.pruning.report.MeanStd;
import greg.pruning.report.Published;
import greg.pruning.report.Written;
import greg.pruning.surgery.Reinit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One row of Tables 1 to 4 of the paper, by name: its settings are defaults that others override.
 *
 * @param name architecture, data set, ratio or speedup, method
 * @param method its written name
 * @param arch name of the network
 * @param dataset name of its images
 * @param wg written name of the granularity
 * @param stagePr the ratios
 * @param skipLayers layers to leave whole; may be empty
 * @param batchSize where it differs from the recipe's, for every phase; else null
 * @param published the paper's results
 */
public record Preset(
        String name,
        String method,
        String arch,
        String dataset,
        String wg,
        String stagePr,
        String skipLayers,
        Integer batchSize,
        Published published) {
    /** The paper's table 1 averages three runs; the other tables show one number each. */
    private static final int RUNS = 3;

    private static final Map<String, Preset> ALL = read();

    private static Map<String, Preset> read() {
        Map<String, Preset> all = new LinkedHashMap<>();
        try (InputStream in = Preset.class.getResourceAsStream("presets.json")) {
            for (JsonNode row : Json.read(in)) {
                Preset preset = of(row);
                all.put(preset.name, preset);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static Preset of(JsonNode row) {
        JsonNode numbers = row.get("published");
        Published published = new Published(
                row.get("table").asInt(),
                numbers.get("base").asDouble(),
                result(numbers, "top1", "std"),
                numbers.has("one_shot") ? result(numbers, "one_shot", "one_shot_std") : null,
                numbers.has("speedup") ? numbers.get("speedup").asDouble() : null,
                numbers.has("sparsity") ? numbers.get("sparsity").asDouble() : null);
        return new Preset(
                row.get("name").asText(),
                row.get("method").asText(),
                row.get("arch").asText(),
                row.get("dataset").asText(),
                row.get("wg").asText(),
                row.get("stage_pr").asText(),
                row.get("skip_layers").asText(),
                row.has("batch_size") ? row.get("batch_size").asInt() : null,
                published);
    }

    private static MeanStd result(JsonNode numbers, String mean, String std) {
        double value = numbers.get(mean).asDouble();
        return numbers.has(std) ? new MeanStd(value, numbers.get(std).asDouble(), RUNS) : MeanStd.single(value);
    }

    /** The recipe of its data set. */
    public Recipe recipe() {
        return Recipe.of(Datasets.shape(dataset).height());
    }

    /** The settings of the paper's experiment, with a base network trained first. */
    PruneSettings settings() {
        Recipe recipe = recipe();
        GregConfig config = recipe.config().toBuilder()
                .method(Written.constants(PruningMethod.class).get(method))
                .granularity(Written.constants(Granularity.class).get(wg))
                .build();
        Augmentation augment = Recipe.augmentation(dataset);
        TrainConfig base = recipe.base().withAugmentation(augment);
        TrainConfig finetune = recipe.finetune().by(Recipe.optimizer(arch)).withAugmentation(augment);
        boolean same = batchSize == null;
        return PruneSettings.of(
                config,
                same ? recipe.batchSizePrune() : batchSize,
                same ? base : base.withBatchSize(batchSize),
                same ? finetune : finetune.withBatchSize(batchSize),
                Reinit.NONE,
                L1Comparison.NONE);
    }

    /** All names, in the order of the tables. */
    public static List<String> names() {
        return new ArrayList<>(ALL.keySet());
    }

    /** The preset of that exact name; {@link SettingException} naming the known ones otherwise. */
    public static Preset of(String name) {
        Preset preset = ALL.get(name);
        if (preset != null) return preset;
        throw SettingException.of("preset", name, "expected one of " + String.join(", ", ALL.keySet()));
    }

    /** A table of all, for people. */
    public static String table() {
        StringBuilder text = new StringBuilder();
        String format = "%-42s %-8s %-8s %14s %14s %9s %9s%n";
        text.append(String.format(
                Locale.ROOT, format, "preset", "source", "base", "top-1", "L1 one-shot", "sparsity", "speedup"));
        for (Preset preset : ALL.values()) {
            Published p = preset.published;
            text.append(String.format(
                    Locale.ROOT,
                    format,
                    preset.name,
                    p.source(),
                    String.format(Locale.ROOT, "%.2f", p.base()),
                    p.pruned(),
                    p.oneShot() == null ? "" : p.oneShot(),
                    p.sparsity() == null ? "" : p.sparsity() + " %",
                    p.speedup() == null ? "" : p.speedup() + "x"));
        }
        return text.toString();
    }
}
