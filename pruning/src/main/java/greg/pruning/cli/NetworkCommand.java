package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.io.Checkpoint;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.RunData;
import greg.pruning.run.UsageException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that examines a network with weights on the images of a data set. */
abstract class NetworkCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ArchOptions arch;

    @Mixin
    private DataOptions data;

    @Mixin
    private DeviceOptions device;

    @Option(names = "--json", description = "One JSON object on standard output. Default: ${DEFAULT-VALUE}.")
    private boolean json;

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        arch.check();
        device.check();
        check();
        if (arch.weights == null) throw new UsageException("--weights: expected a checkpoint file or a run folder");
        Checkpoint checkpoint = arch.read(console);
        data.follow(checkpoint, console);
        RunData runData = data.open(console);
        NetworkSpec networkSpec = NetworkSpec.of(checkpoint, arch.arch, runData.images());
        try (Backend backend = device.open(true)) {
            console.out().print(run(console, backend, networkSpec, checkpoint, runData, json));
        }
        return 0;
    }

    /** Refuses bad values of the command's own flags, before anything is read. */
    abstract void check();

    /** The result, as JSON or for people. */
    abstract String run(
            Console console,
            Backend backend,
            NetworkSpec networkSpec,
            Checkpoint checkpoint,
            RunData runData,
            boolean json);
}
