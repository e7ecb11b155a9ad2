package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.io.Checkpoint;
import greg.nn.train.TrainConfig;
import greg.pruning.report.Setting;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Phase;
import greg.pruning.run.RunCheckpoints;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunData;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import greg.pruning.run.Training;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code greg train}: trains a network from scratch or from given weights. */
@Command(
        name = "train",
        description =
                "Trains a network. Without --arch and --weights a resnet20; the other defaults are the paper's for"
                        + " CIFAR.")
final class TrainCommand implements Rerun.Command {
    private static final String DEFAULT_ARCH = "resnet20";

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

    @Mixin
    private TrainOptions train;

    @Mixin
    private RunOptions run;

    @Override
    public RunOptions run() {
        return run;
    }

    @Override
    public Integer call() throws Exception {
        if (run.resume != null) return Resume.run(spec, run);
        if (run.config != null) return Repeat.run(spec, run);
        Console console = Console.of(spec);
        arch.check();
        device.check();
        run.check();
        RunState.Saved saved = run.saved();
        Checkpoint start = saved != null ? saved.network() : arch.read(console);
        if (arch.weights != null) data.follow(start, console);
        data.check();
        TrainConfig settings = train.settings(run, data);
        RunData runData = run.images(data, console);
        NetworkSpec networkSpec = (start == null
                        ? NetworkSpec.of(arch.arch == null ? DEFAULT_ARCH : arch.arch, runData.images())
                        : NetworkSpec.of(start, arch.arch, runData.images()))
                .trainedOn(runData);
        if (start != null) networkSpec.check(start);
        if (run.onlyChecked != null) return 0;
        int images = Math.min(settings.batchSize(), runData.split().train().size());
        try (Backend backend = Feasible.on(device.open(!run.noGraph), networkSpec, images);
                NnModule network =
                        saved != null ? saved.load(networkSpec, backend) : networkSpec.fresh(backend, start, run.seed);
                RunFolder folder = run.reserve("train", networkSpec.arch())) {
            console.say(
                    "%s on %s, %s",
                    networkSpec.arch(), runData.name(), backend.device().name());
            Set<Setting> fromCheckpoint = EnumSet.copyOf(data.followed());
            if (arch.weights != null) fromCheckpoint.add(Setting.ARCH);
            new EffectiveSettings(spec)
                    .with(Map.of(Setting.ARCH, networkSpec.arch()))
                    .from(EffectiveSettings.Origin.CHECKPOINT, fromCheckpoint)
                    .say(console);
            RunCheckpoints checkpoints = run.begin(
                    folder,
                    backend,
                    RunConfig.of(Invocations.of(spec), backend, runData, networkSpec.arch(), run.seed, null, null),
                    console);
            checkpoints.enter(Phase.TRAIN, networkSpec, RunState.Results.NONE);
            if (saved == null) checkpoints.start(network);
            Training training = new Training(console, folder, runData, checkpoints);
            Training.Result result = training.run(network, settings, "train", true);
            folder.writePage(console);
            checkpoints.done();
            console.out().printf(Locale.ROOT, "%s on %s: %s%n", networkSpec.arch(), runData.name(), result);
            console.out().printf(Locale.ROOT, "run folder: %s%n", folder.path());
        }
        return 0;
    }
}
