package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import greg.datasets.NearestName;
import greg.pruning.PickPruned;
import greg.pruning.PruningMethod;
import greg.pruning.Reinit;
import greg.pruning.WeightGroup;
import greg.pruning.report.MeanStd;
import greg.pruning.report.Published;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code --preset}: one row of Tables 1 to 4 of the paper. It gives defaults; a flag on the command line overrides it.
 *
 * @param name architecture, data set, ratio or speedup, method
 * @param method as in {@code --method}
 * @param arch as in {@code --arch}
 * @param dataset as in {@code --dataset}
 * @param wg as in {@code --wg}
 * @param stagePr as in {@code --stage-pr}
 * @param skipLayers as in {@code --skip-layers}; may be empty
 * @param batchSize where it differs from the recipe's, for every phase; else null
 * @param published what the paper got
 */
record Preset(
        String name,
        String method,
        String arch,
        String dataset,
        String wg,
        String stagePr,
        String skipLayers,
        Integer batchSize,
        Published published) {
    /** The word that lists them instead. */
    static final String LIST = "list";

    /** The paper's table 1 averages three runs; the other tables show one number each. */
    private static final int RUNS = 3;

    private static final Map<String, Preset> ALL = read();

    private static Map<String, Preset> read() {
        Map<String, Preset> all = new LinkedHashMap<>();
        try (InputStream in = Preset.class.getResourceAsStream("presets.json")) {
            for (JsonNode row : new ObjectMapper().readTree(in)) {
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

    /** All names, in the order of the tables. */
    static List<String> names() {
        return new ArrayList<>(ALL.keySet());
    }

    /** The preset of that exact name; UsageException with the nearest known one otherwise. */
    static Preset of(String name) {
        Preset preset = ALL.get(name);
        if (preset == null) {
            throw new UsageException("--preset: unknown preset '" + name + "'" + NearestName.hint(name, ALL.keySet())
                    + "; see 'greg prune --preset " + LIST + "'");
        }
        return preset;
    }

    /** Gives what no flag gave. */
    void fill(PruneOptions prune, TargetOptions target, ArchOptions network) {
        if (network.arch == null && network.weights == null) network.arch = arch;
        if (prune.method == null) prune.method = method;
        if (prune.wg == null) prune.wg = wg;
        boolean inherits = target.basePrModel != null;
        if (target.stagePr == null && !inherits) target.stagePr = stagePr;
        if (target.skipLayers.isBlank() && !inherits) target.skipLayers = skipLayers;
        if (prune.batchSizePrune == null) prune.batchSizePrune = batchSize;
        if (prune.batchSize == null) prune.batchSize = batchSize;
    }

    /**
     * In what a run is another experiment than the preset's, once {@link #fill} was called: the paper's numbers are not to be
     * shown beside it. How long it trains is not among that.
     *
     * @param usedArch of the network that is pruned, wherever it came from
     * @param usedDataset the name of its images
     * @return the flags as the preset has them, empty if it is the same
     */
    List<String> overridden(PruneOptions prune, TargetOptions target, String usedArch, String usedDataset) {
        List<String> flags = new ArrayList<>();
        if (PruningMethod.parse(prune.method) != PruningMethod.parse(method)) flags.add("--method " + method);
        if (!usedArch.equals(arch)) flags.add("--arch " + arch);
        if (!usedDataset.equals(dataset)) flags.add("--dataset " + dataset);
        if (WeightGroup.parse(prune.wg) != WeightGroup.parse(wg)) flags.add("--wg " + wg);
        if (target.basePrModel != null) flags.add("no --base-pr-model");
        else if (!target.stagePr.strip().equals(stagePr)) flags.add("--stage-pr " + stagePr);
        if (!target.skipLayers.strip().equals(skipLayers) && target.basePrModel == null) {
            flags.add(skipLayers.isEmpty() ? "no --skip-layers" : "--skip-layers " + skipLayers);
        }
        if (target.pruneCoupled) flags.add("no --prune-coupled");
        if (target.global) flags.add("no --global");
        if (prune.pickPruned != null && PickPruned.parse(prune.pickPruned) != PickPruned.MIN) {
            flags.add("--pick-pruned min");
        }
        if (prune.reinit() != Reinit.NONE) flags.add("--reinit none");
        return flags;
    }

    /** A table of all, for people. */
    static String table() {
        StringBuilder text = new StringBuilder();
        String format = "%-42s %-8s %-8s %14s %14s %9s %9s%n";
        text.append(String.format(format, "preset", "source", "base", "top-1", "L1 one-shot", "sparsity", "speedup"));
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
