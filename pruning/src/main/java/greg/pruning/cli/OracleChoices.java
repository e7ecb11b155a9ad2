package greg.pruning.cli;

import greg.nn.io.Checkpoints;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.report.Json;
import greg.pruning.run.PruneRun;
import greg.pruning.run.Pruning;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import greg.pruning.select.L1Scores;
import greg.pruning.select.Selection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the methods remove of a layer, for {@code study oracle}: L1's choice, which is that of GReg-1 and FixReg too, and what
 * pruning runs have chosen, such as GReg-2's.
 */
final class OracleChoices {
    private static final String L1 = "L1, GReg-1, FixReg";

    private final ChannelGraph graph;
    private final Granularity granularity;
    /** By the name under which they are shown. */
    private final Map<String, Path> runs = new LinkedHashMap<>();

    private final Map<String, InheritedPruning> pruned = new LinkedHashMap<>();

    /** Reads the runs. */
    OracleChoices(ChannelGraph graph, Granularity granularity, List<Path> folders) {
        this.graph = graph;
        this.granularity = granularity;
        for (Path folder : folders) {
            Path config = RunFolder.config(folder);
            if (!Files.isRegularFile(config)) {
                throw new UsageException(
                        "--runs " + folder + ": expected the folder of a run of 'greg prune'; there is no " + config);
            }
            String name = Json.read(config).path("pruning").path("method").asText() + " of " + folder;
            runs.put(name, folder);
            pruned.put(name, Pruning.inherit("runs", folder, InheritedPruning.Mode.INDEX, granularity));
        }
    }

    /** The layer of that name, or weight. */
    Layer layer(String name) {
        return graph.layer(name);
    }

    /** How many groups the first run has removed of a layer; UsageException if there is none, or it removed nothing there. */
    int removed(Layer layer) {
        if (runs.isEmpty()) {
            throw new UsageException("--remove: say how many groups of " + layer.name()
                    + " to remove, or name with --runs a run that has removed some");
        }
        return lost(runs.keySet().iterator().next(), layer).length;
    }

    private int[] lost(String run, Layer layer) {
        InheritedPruning.Loss loss = pruned.get(run).layers().get(layer.name());
        if (loss == null || loss.pruned().length == 0) {
            throw new UsageException("--runs " + runs.get(run) + ": it has removed nothing of " + layer.name()
                    + "; leave out that layer, or the run");
        }
        return loss.pruned();
    }

    /** What each removes of a layer, by its name; all remove {@code count} groups. */
    Map<String, int[]> of(Layer layer, int count) {
        float[] weight = graph.weight(layer).tensor().toHost();
        float[] scores = L1Scores.ofWeights(weight, granularity.index(layer));
        Map<String, int[]> choices = new LinkedHashMap<>();
        choices.put(
                L1,
                Selection.smallest(scores, Selection.ratioOf(count, scores.length))
                        .pruned());
        runs.forEach((name, folder) -> {
            int[] lost = lost(name, layer);
            if (lost.length != count) {
                throw new UsageException("--runs " + folder + ": it has removed " + lost.length + " groups of "
                        + layer.name() + ", not " + count + "; name runs that removed equally many, or give another"
                        + " --remove");
            }
            checkBase(folder, layer, weight);
            choices.put(name, lost);
        });
        return choices;
    }

    /** A choice means something for the network only from which it was made. */
    private void checkBase(Path folder, Layer layer, float[] weight) {
        Path base = folder.resolve(PruneRun.BASE);
        float[] theirs = Checkpoints.load(base).state().get(layer.parameter()).values();
        if (Arrays.equals(theirs, weight)) return;
        throw new UsageException(
                "--runs " + folder + ": it began with another network than --weights; give --weights " + base);
    }
}
