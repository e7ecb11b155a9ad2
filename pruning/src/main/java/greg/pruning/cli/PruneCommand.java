package greg.pruning.cli;

import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.inference.LayerTimes;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.train.TrainConfig;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.PruningMethod;
import greg.pruning.ratios.Target;
import greg.pruning.report.PruneReport;
import greg.pruning.report.Published;
import greg.pruning.report.Written;
import greg.pruning.run.NetworkSpec;
import greg.pruning.run.Phase;
import greg.pruning.run.Preset;
import greg.pruning.run.PruneRun;
import greg.pruning.run.PruneSettings;
import greg.pruning.run.Pruning;
import greg.pruning.run.Recipe;
import greg.pruning.run.RunCheckpoints;
import greg.pruning.run.RunConfig;
import greg.pruning.run.RunData;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import greg.pruning.run.SpeedRatios;
import greg.pruning.run.UsageException;
import greg.pruning.select.PickPruned;
import greg.pruning.surgery.Reinit;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code greg prune}: from a base network to a smaller one, with a report. */
@Command(
        name = "prune",
        description = {
            "Prunes a network: base network, growing penalty, removal, finetuning, report.",
            "Without --arch, --weights and --dataset: a demonstration, a " + Recipe.DEMONSTRATION_ARCH
                    + " on bundled images, in about a minute. Without --weights a base network is trained first.",
            "Defaults that differ are given as those for ImageNet / CIFAR and other data sets / the demonstration."
        })
final class PruneCommand implements Resume.Command {
    /** Stands for ratios that are yet to be chosen. */
    private static final String ANY_RATIO = "0.5";

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
    private PruneOptions prune;

    @Mixin
    private TargetOptions target;

    @Mixin
    private SpeedOptions speed;

    @Mixin
    private RecordOptions records;

    @Mixin
    private RunOptions run;

    @Override
    public RunOptions run() {
        return run;
    }

    @Override
    public Integer call() throws Exception {
        if (run.resume != null) return Resume.run(spec, run);
        Console console = Console.of(spec);
        if (PresetFlags.LIST.equals(prune.preset)) {
            console.out().print(Preset.table());
            return 0;
        }
        Preset preset = prune.preset == null ? null : PresetFlags.find(prune.preset);
        boolean namesData = data.given("--dataset");
        if (preset != null) {
            PresetFlags.fill(preset, prune, target, speed, arch);
            if (!namesData) data.name(preset.dataset());
        }
        arch.check();
        device.check();
        run.check();
        records.check();
        Checkpoint start = start(console);
        if (arch.weights != null) data.follow(start, console);
        data.check();
        boolean demonstration = arch.arch == null && arch.weights == null && !namesData;
        String experiment = preset == null ? data.dataset : preset.dataset(); // even if other images replace its own
        Recipe recipe = demonstration ? Recipe.DEMONSTRATION : Recipe.of(experiment);
        int batchSizePrune = prune.batchSizePrune(recipe);
        TrainConfig finetune = prune.finetune(recipe, run.augment(data), run.seed);
        GregConfig config = prune.config(recipe, run.seed);
        if (demonstration && !target.given() && !speed.given()) target.stagePr = Recipe.DEMONSTRATION_RATIOS;
        SpeedRatios.Goal goal = speed.goal(target, config, arch.weights != null);
        if (goal != null) target.stagePr = ANY_RATIO;
        Target pruningTarget = target.target(config);
        TrainConfig base = prune.base(recipe, run.augment(data), run.seed);
        if (prune.reinit() != Reinit.NONE && finetune.epochs() == 0) {
            throw new UsageException("--reinit " + prune.reinit + ": there is no finetuning to train the new weights;"
                    + " leave it out, or leave out --no-finetune and --epochs 0");
        }
        if (!demonstration && arch.arch == null && arch.weights == null) {
            throw new UsageException("--arch is needed: the network to train and prune; or give --weights");
        }
        if (preset != null && start == null && data.dataset.equals("imagenet")) {
            console.say(
                    "warning: the paper pruned torchvision's %s; without --weights a base network is trained first",
                    arch.arch);
        }
        RunData runData = data.open(console);
        NetworkSpec networkSpec = (start != null
                        ? NetworkSpec.of(start, arch.arch, runData.images())
                        : NetworkSpec.of(demonstration ? Recipe.DEMONSTRATION_ARCH : arch.arch, runData.images()))
                .trainedOn(runData);
        if (networkSpec.isPruned()) {
            throw new UsageException("--weights: " + start.file() + " is pruned already; name an unpruned network");
        }
        if (start != null) networkSpec.check(start);
        if (goal != null) {
            Pruning free = new Pruning(networkSpec, config, pruningTarget, null);
            target.stagePr = chosen(free, start, goal, console);
            pruningTarget = target.target(config);
        }
        Pruning pruning = new Pruning(networkSpec, config, pruningTarget, null);
        pruning.resolve().warnings().forEach(console::warn);
        if (config.method() == PruningMethod.GREG_2 && config.pickPruned() != PickPruned.MIN) {
            console.say(
                    "warning: --pick-pruned %s has no effect on GReg-2, which picks the smallest scores",
                    Written.name(config.pickPruned()));
        }
        IdleFlags.warn(spec.commandLine().getParseResult(), config, finetune, arch.weights != null, console);
        PruneRun.Plan plan = new PruneRun.Plan(
                pruning,
                batchSizePrune,
                base,
                finetune.by(prune.optimizer(networkSpec.arch())),
                prune.reinit(),
                prune.oneShot || demonstration,
                prune.maxIterations,
                records.settings(),
                published(preset, networkSpec.arch(), console));
        int images = Math.max(batchSizePrune, Math.max(base.batchSize(), finetune.batchSize()));
        images = Math.min(images, runData.split().train().size());
        try (Backend backend = Feasible.on(device.open(!run.noGraph), networkSpec, images);
                RunFolder folder = run.reserve("prune", networkSpec.arch())) {
            console.say(
                    "%s on %s, %s",
                    networkSpec.arch(), runData.name(), backend.device().name());
            PruneSettings settings = PruneSettings.of(plan, arch.weights == null);
            RunConfig runConfig = RunConfig.of(
                    speed.settled(Invocations.of(spec), target.stagePr),
                    backend,
                    runData,
                    networkSpec.arch(),
                    run.seed,
                    settings);
            RunCheckpoints checkpoints = run.begin(folder, backend, runConfig, console);
            PruneReport report = new PruneRun(console, folder, runData, backend, plan, checkpoints).run(start);
            console.out().printf(Locale.ROOT, "%n%s%nrun folder: %s%n", report.toText(), folder.path());
        }
        return 0;
    }

    /** The ratios for a wanted speed, by measuring layers on the device of the run. */
    private String chosen(Pruning free, Checkpoint start, SpeedRatios.Goal goal, Console console) {
        Path table = Path.of(System.getProperty("user.home", "."), ".greg", "layer-times.tsv");
        try (Backend backend = device.open(false);
                NnModule network = free.spec().load(backend, start)) {
            SpeedRatios.Choice choice = SpeedRatios.choose(
                    free,
                    network,
                    goal,
                    new LayerTimes(backend, goal.batch(), table),
                    steps -> console.progress("timing layers", steps, "steps"));
            console.say(
                    "--stage-pr %s: %.3f -> %.3f ms for a batch of %d, %.2fx",
                    choice.ratios(),
                    choice.speed().denseMillis(),
                    choice.speed().prunedMillis(),
                    goal.batch(),
                    choice.speed().speedup());
            return choice.ratios();
        } catch (IllegalArgumentException e) {
            throw new UsageException("--target-speedup, --target-latency: " + e.getMessage()
                    + "; give the ratios with --stage-pr, or use another device");
        }
    }

    /** The base network's weights, or null if it is to be trained; a resumed run has them in its folder. */
    private Checkpoint start(Console console) {
        RunState.Saved saved = run.saved();
        if (saved != null && saved.state().phase() != Phase.TRAIN) {
            return Checkpoints.load(run.resumed.file(PruneRun.BASE));
        }
        return saved != null && arch.weights != null ? saved.network() : arch.read(console);
    }

    /** The paper's numbers, if they belong to this experiment; else null, with a warning. */
    private Published published(Preset preset, String usedArch, Console console) {
        if (preset == null) return null;
        List<String> other = PresetFlags.overridden(preset, prune, target, usedArch, data.dataset);
        if (other.isEmpty()) return preset.published();
        console.say(
                "warning: --preset %s: its published numbers are left out, they are for %s",
                preset.name(), String.join(", ", other));
        return null;
    }
}
