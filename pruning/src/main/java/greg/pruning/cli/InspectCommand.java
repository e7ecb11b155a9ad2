package greg.pruning.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.cost.CostModel;
import greg.nn.cost.LayerCost;
import greg.nn.io.Checkpoint;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowthListener;
import greg.pruning.report.Json;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.SizeChange;
import greg.pruning.run.ImageKind;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Pruning;
import greg.pruning.run.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg inspect}: the layers of a network, and what pruning would leave of it, without data. */
@Command(
        name = "inspect",
        description = {
            "Shows the layers of a network: shape, parameters, multiply-accumulates; with --stage-pr what pruning would"
                    + " leave. Needs neither weights nor data; with --weights it shows what is in a file of ours.",
            "params are weights and biases of convolutions and Linears; the sparsity is over all parameters, BN"
                    + " included, as in the paper; flops are two per multiply-accumulate."
        })
final class InspectCommand implements Callable<Integer> {
    private static final String DATASET = "cifar10";

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ArchOptions arch;

    @Mixin
    private TargetOptions target;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description =
                    "Whose image size and classes; its files are not read: ${COMPLETION-CANDIDATES}. Default: those"
                            + " that a file of ours was made for; else " + DATASET + ".",
            completionCandidates = ImageKind.Names.class)
    private String dataset;

    @Option(
            names = "--wg",
            paramLabel = "GROUP",
            defaultValue = "filter",
            description = "filter, channel or weight. Default: ${DEFAULT-VALUE}.")
    private String wg;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        arch.check();
        target.checkNothingIdle();
        NetworkSpec wanted = wanted();
        NetworkSpec full = wanted.full();
        CostModel before = Pruning.cost(full);
        Pruning.Cut cut = new Pruning.Cut(wanted, null);
        if (target.given()) {
            if (wanted.isPruned()) {
                throw new UsageException("--weights: " + arch.weights + " is pruned already; leave out what else is to"
                        + " go, or name an unpruned network");
            }
            cut = cut(console, full);
        }
        CostModel after = Pruning.cost(cut.spec());
        if (json) console.out().println(Json.line(inspection(full, before, after, cut)));
        else print(console, full, before, after, cut);
        return 0;
    }

    private NetworkSpec wanted() {
        Checkpoint checkpoint = arch.weights == null ? null : NetworkSpec.read(arch.weights);
        if (checkpoint != null && dataset == null && NetworkSpec.isOurs(checkpoint)) {
            return NetworkSpec.stored(checkpoint, arch.arch);
        }
        if (dataset == null) dataset = DATASET;
        ImageKind images = ImageKind.of(dataset);
        if (checkpoint != null) return NetworkSpec.of(checkpoint, arch.arch, images);
        if (arch.arch == null) throw new UsageException("--arch is needed: which network; or give --weights");
        return NetworkSpec.of(arch.arch, images);
    }

    private Pruning.Cut cut(Console console, NetworkSpec full) {
        GregConfig config = GregConfig.l1()
                .granularity(Words.parse("--wg", Granularity.class, wg))
                .build();
        Pruning pruning = new Pruning(full, config, target.target(config), null);
        pruning.resolve().warnings().forEach(console::warn);
        if (!target.dependsOnWeights()) return pruning.dryRun();
        if (arch.weights == null) {
            throw new UsageException((target.global ? "--global" : "--stage-pr " + target.stagePr)
                    + ": how much goes depends on the weights; give --weights");
        }
        try (Backend backend = Backends.open("auto", BackendOptions.standard());
                NnModule network = full.load(backend, NetworkSpec.read(arch.weights))) {
            return pruning.run(network, null, new GrowthListener() {});
        }
    }

    /** What {@code --json} shows. */
    private record Inspection(String arch, String dataset, @JsonUnwrapped SizeChange size, List<Layer> layers) {
        @JsonNaming(SnakeCaseStrategy.class)
        private record Layer(
                String name,
                String type,
                int[] shape,
                int kept,
                int[] keptShape,
                int masked,
                int[] output,
                long params,
                long macs) {}
    }

    private Inspection inspection(NetworkSpec full, CostModel before, CostModel after, Pruning.Cut cut) {
        List<Inspection.Layer> layers = new ArrayList<>();
        for (int i = 0; i < before.layers().size(); i++) {
            LayerCost layer = after.layers().get(i);
            int masked = masked(cut, layer.name());
            layers.add(new Inspection.Layer(
                    layer.name(),
                    layer.type(),
                    before.layers().get(i).weight().dims(),
                    layer.weight().dim(0),
                    layer.weight().dims(),
                    masked,
                    layer.output().dims(),
                    layer.params() - masked,
                    macs(layer, cut)));
        }
        return new Inspection(full.arch(), dataset, SizeChange.of(NetworkSize.of(before), cut.size()), layers);
    }

    /** In proportion to the weights that are not masked. */
    private static long macs(LayerCost layer, Pruning.Cut cut) {
        double share = masked(cut, layer.name()) / (double) layer.weight().size();
        return Math.round(layer.macs() * (1 - share));
    }

    private static int masked(Pruning.Cut cut, String layer) {
        return cut.spec().masks().counts().getOrDefault(layer, 0);
    }

    private void print(Console console, NetworkSpec full, CostModel before, CostModel after, Pruning.Cut cut) {
        console.out().printf("%s, %d classes%n%n", full.arch(), full.classes());
        String format = "%-26s %-7s %-20s %-20s %11s %13s %9s%n";
        console.out().printf(format, "layer", "type", "weight", "left", "params", "MACs", "sparsity");
        for (int i = 0; i < before.layers().size(); i++) {
            LayerCost dense = before.layers().get(i);
            LayerCost left = after.layers().get(i);
            long gone = dense.weight().size() - left.weight().size() + masked(cut, left.name());
            console.out()
                    .printf(
                            format,
                            left.name(),
                            left.type(),
                            dense.weight(),
                            left.weight().equals(dense.weight()) ? "" : left.weight(),
                            String.format(Locale.ROOT, "%,d", left.params() - masked(cut, left.name())),
                            String.format(Locale.ROOT, "%,d", macs(left, cut)),
                            String.format(
                                    Locale.ROOT,
                                    "%.1f %%",
                                    100.0 * gone / dense.weight().size()));
        }
        NetworkSize dense = NetworkSize.of(before);
        NetworkSize rest = cut.size();
        console.out()
                .printf(
                        Locale.ROOT,
                        "%nparameters without BN %,d -> %,d, with BN %,d -> %,d, MACs %,d -> %,d%n",
                        dense.params(),
                        rest.params(),
                        dense.allParams(),
                        rest.allParams(),
                        dense.macs(),
                        rest.macs());
        console.out()
                .printf(
                        Locale.ROOT,
                        "sparsity %.2f %%, speedup in theory %.2fx, compression %.2fx%n",
                        rest.sparsityPercent(dense),
                        rest.speedup(dense),
                        rest.compression(dense));
    }
}
