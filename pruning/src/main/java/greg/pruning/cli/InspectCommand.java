package greg.pruning.cli;

import greg.datasets.Datasets;
import greg.datasets.ImageShape;
import greg.kernels.Backend;
import greg.kernels.BackendOptions;
import greg.kernels.Backends;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.pruning.graph.Granularity;
import greg.pruning.growth.GregConfig;
import greg.pruning.report.Json;
import greg.pruning.run.Inspection;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Pruning;
import greg.pruning.run.TrainedOn;
import greg.pruning.run.UsageException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code greg inspect}: the layers of a network, and what pruning would leave of them, without data. */
@Command(
        name = "inspect",
        description = {
            "Shows the layers of a network: shape, parameters, multiply-accumulates; with --stage-pr what pruning would"
                    + " leave. Needs neither weights nor data; with --weights it shows the network in a file written by greg.",
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
                    "Data set whose image size and classes are used; its files are not read: ${COMPLETION-CANDIDATES}."
                            + " Default: what a file written by greg says; else " + DATASET + ".",
            completionCandidates = Shaped.class)
    private String dataset;

    @Option(names = "--wg", paramLabel = "GROUP", description = "filter, channel or weight. Default: filter.")
    private String wg;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    /** For {@code ${COMPLETION-CANDIDATES}}: the data sets whose image size is known without their files. */
    static final class Shaped implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Datasets.shaped().iterator();
        }
    }

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        arch.check();
        target.checkNothingIdle(wg);
        Checkpoint checkpoint = arch.read(console);
        NetworkSpec networkSpec = networkSpec(checkpoint, console);
        NetworkSpec full = networkSpec.full();
        Pruning.Cut cut = new Pruning.Cut(networkSpec, null, null, List.of());
        if (target.given()) {
            if (networkSpec.isPruned()) {
                throw new UsageException(
                        "--weights: " + arch.weights + " is pruned already; leave out the flags that say"
                                + " what to prune, or name an unpruned network");
            }
            cut = cut(console, full, checkpoint);
        }
        Inspection inspection = Inspection.of(full, cut, dataset);
        if (json) console.out().println(Json.line(inspection));
        else console.out().print(inspection.toText());
        return 0;
    }

    private NetworkSpec networkSpec(Checkpoint checkpoint, Console console) {
        TrainedOn trained = checkpoint == null ? null : TrainedOn.read(checkpoint);
        if (checkpoint != null && dataset == null && NetworkSpec.isOurs(checkpoint)) {
            if (trained != null) dataset = trained.dataset();
            return NetworkSpec.stored(checkpoint, arch.arch);
        }
        if (dataset == null) dataset = trained != null ? trained.dataset() : DATASET;
        DataOptions.warnOfOther(checkpoint, dataset, console);
        DataOptions.checkShaped(dataset);
        ImageShape images = Datasets.shape(dataset);
        if (checkpoint != null) {
            NetworkSpec stated = NetworkSpec.of(checkpoint, arch.arch, images);
            stated.check(checkpoint);
            return stated;
        }
        if (arch.arch == null) throw new UsageException("--arch is needed to say which network; or give --weights");
        return NetworkSpec.of(arch.arch, images);
    }

    private Pruning.Cut cut(Console console, NetworkSpec full, Checkpoint checkpoint) {
        GregConfig config = GregConfig.l1()
                .granularity(wg == null ? Granularity.FILTER : Words.parse("--wg", Granularity.class, wg))
                .build();
        Pruning pruning = new Pruning(full, config, target.target(config), null);
        pruning.resolve().warnings().forEach(console::warn);
        if (!target.dependsOnWeights()) return pruning.dryRun();
        if (checkpoint == null) {
            throw new UsageException((target.global ? "--global" : "--stage-pr " + target.stagePr)
                    + ": how much is removed depends on the weights; give --weights");
        }
        try (Backend backend = Backends.open("auto", BackendOptions.standard());
                NnModule network = full.load(backend, checkpoint)) {
            Pruning.Cut cut = pruning.run(network);
            cut.warnings().forEach(console::warn);
            return cut;
        }
    }
}
