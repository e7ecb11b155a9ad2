package greg.pruning.cli;

import greg.nn.NnModule;
import greg.nn.io.Checkpoints;
import greg.nn.train.TrainData;
import greg.pruning.graph.ChannelGraph;
import greg.pruning.graph.Granularity;
import greg.pruning.graph.Layer;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.LayerState;
import greg.pruning.ratios.InheritedPruning;
import greg.pruning.ratios.LayerTarget;
import greg.pruning.report.Json;
import greg.pruning.run.PruneRun;
import greg.pruning.run.Pruning;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import greg.pruning.select.ScoreKind;
import greg.pruning.select.Selection;
import greg.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the methods remove of a layer, for {@code study oracle}: the choices by the scores at once, of which that by L1 is GReg-1's and
 * FixReg's too, and what pruning runs have chosen, such as GReg-2's.
 */
final class OracleChoices {
    private static final Map<ScoreKind, String> NAMES =
            new EnumMap<>(Map.of(ScoreKind.L1, "L1, GReg-1, FixReg", ScoreKind.L2, "L2", ScoreKind.TAYLOR, "Taylor"));

    private final NnModule network;
    private final ChannelGraph graph;
    private final TrainData data;
    private final Granularity granularity;
    /** By the name under which they are shown. */
    private final Map<String, Path> runs = new LinkedHashMap<>();

    private final Map<String, InheritedPruning> pruned = new LinkedHashMap<>();

    /**
     * Reads the runs.
     *
     * @param network unpruned, and left as it is
     * @param image (1, C, H, W), the shape of one image
     * @param data images that give the gradients of scores that need them
     */
    OracleChoices(NnModule network, Shape image, TrainData data, Granularity granularity, List<Path> folders) {
        this.network = network;
        this.data = data;
        this.graph = ChannelGraph.trace(network, image);
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
        Map<String, int[]> choices = new LinkedHashMap<>();
        NAMES.forEach((kind, name) -> choices.put(name, chosen(layer, count, kind)));
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

    /** What is removed in one shot by these scores. */
    private int[] chosen(Layer layer, int count, ScoreKind kind) {
        double ratio = Selection.ratioOf(count, granularity.index(layer).count());
        List<LayerTarget> targets = graph.layers().stream()
                .map(l -> LayerTarget.of(l, l.equals(layer) ? ratio : 0))
                .toList();
        GregConfig config = GregConfig.l1().score(kind).granularity(granularity).build();
        try (GrowingRegularization oneShot = new GrowingRegularization(config, network, graph, targets)) {
            oneShot.run(data);
            LayerState state = oneShot.layers().get(graph.layers().indexOf(layer));
            return state.selection().pruned();
        }
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
