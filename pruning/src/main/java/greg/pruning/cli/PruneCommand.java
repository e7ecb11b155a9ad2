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
import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.run.L1Comparison;
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
import greg.pruning.run.SameExperiment;
import greg.pruning.run.SpeedRatios;
import greg.pruning.run.UsageException;
import greg.pruning.select.PickPruned;
import greg.pruning.surgery.Reinit;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code greg prune}: from a base network to a smaller one, with a report. */
@Command(
        name = "prune",
        description = {
            "Prunes a network: base network, growing penalty, removal, finetuning, report.",
            "Alone, or with flags that name neither network nor data nor what goes: a demonstration, a "
                    + Recipe.DEMONSTRATION_ARCH
                    + " on bundled images, in about a minute. Without --weights a base network is trained first.",
            "What no flag sets comes from a recipe. Where they differ, defaults are given as those of ImageNet's recipe, for"
                    + " images of at least 64 pixels / of CIFAR's, for smaller ones / of the demonstration."
        })
final class PruneCommand implements Rerun.Command {
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

    /** What the flags and a recipe amount to, apart from ratios. */
    private record Settings(
            Recipe recipe, GregConfig config, int batchSizePrune, TrainConfig base, TrainConfig finetune) {}

    @Override
    public RunOptions run() {
        return run;
    }

    @Override
    public Integer call() throws Exception {
        if (run.resume != null) return Resume.run(spec, run);
        if (run.config != null) return Repeat.run(spec, run);
        if (prune.seeds != null) return seeds();
        Console console = Console.of(spec);
        if (PresetFlags.LIST.equals(prune.preset)) {
            console.out().print(Preset.table());
            return 0;
        }
        Preset preset = prune.preset == null ? null : PresetFlags.find(prune.preset);
        Set<Setting> fromPreset = EnumSet.noneOf(Setting.class);
        boolean namesData = data.given("--dataset");
        if (preset != null) fromPreset.addAll(PresetFlags.fill(preset, prune, target, speed, arch));
        arch.check();
        device.check();
        run.check();
        records.check();
        Checkpoint start = start(console);
        if (nameData(preset, start, console)) fromPreset.add(Setting.DATASET);
        data.check();
        boolean named = arch.arch != null || arch.weights != null;
        boolean targeted = target.given() || speed.given();
        boolean asBefore = run.recorded != null && Recipe.demonstrates(run.recorded);
        boolean demonstration = !named && !namesData && (asBefore || !targeted);
        Settings settings = settings(recipe(preset, demonstration, data.knownImageSize()));
        Set<Setting> fromRecipe = EnumSet.noneOf(Setting.class);
        if (demonstration) fromRecipe.addAll(List.of(Setting.ARCH, Setting.ONE_SHOT));
        if (demonstration && !targeted) {
            target.stagePr = Recipe.DEMONSTRATION_RATIOS;
            fromRecipe.add(Setting.RATIOS);
        }
        SpeedRatios.Goal goal = speed.goal(target, settings.config, arch.weights != null);
        if (goal != null) target.stagePr = ANY_RATIO;
        Target pruningTarget = target.target(settings.config);
        if (prune.reinit() != Reinit.NONE && settings.finetune.epochs() == 0) {
            throw new UsageException("--reinit " + prune.reinit + ": there is no finetuning to train the new weights;"
                    + " leave it out, or leave out --no-finetune and --epochs 0");
        }
        if (!demonstration && !named) {
            throw new UsageException("--arch is needed: the network to train and prune; or give --weights; the"
                    + " demonstration is 'greg prune' without --stage-pr and other flags about what goes");
        }
        if (preset != null && start == null && data.dataset.equals("imagenet")) {
            console.say(
                    "warning: the paper pruned torchvision's %s; without --weights a base network is trained first",
                    arch.arch);
        }
        RunData runData = run.images(data, console);
        settings = settings(recipe(preset, demonstration, runData.images().height()));
        GregConfig config = settings.config;
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
        resolve(pruning, console);
        if (run.onlyChecked != null) return 0;
        TrainConfig finetune = settings.finetune.by(prune.optimizer(networkSpec.arch()));
        warn(config, finetune, console);
        PruneRun.Plan plan = new PruneRun.Plan(
                pruning,
                settings.batchSizePrune,
                settings.base,
                finetune,
                prune.reinit(),
                demonstration && prune.oneShot == L1Comparison.NONE ? L1Comparison.FINETUNED : prune.oneShot,
                prune.maxIterations,
                records.settings(),
                null);
        PruneSettings effective = PruneSettings.of(plan, arch.weights == null);
        if (preset != null) plan = plan.beside(published(preset, effective, networkSpec.arch(), runData, console));
        int images = Math.max(settings.batchSizePrune, Math.max(settings.base.batchSize(), finetune.batchSize()));
        images = Math.min(images, runData.split().train().size());
        try (Backend backend = Feasible.on(device.open(!run.noGraph), networkSpec, images);
                RunFolder folder = run.reserve("prune", networkSpec.arch())) {
            console.say(
                    "%s on %s, %s",
                    networkSpec.arch(), runData.name(), backend.device().name());
            Set<Setting> fromCheckpoint = EnumSet.copyOf(data.followed());
            if (arch.weights != null) fromCheckpoint.add(Setting.ARCH);
            console.say("%s", announced(settings.recipe, preset, runData));
            new EffectiveSettings(spec)
                    .with(effective.bySetting())
                    .with(target.bySetting())
                    .with(Map.of(Setting.ARCH, networkSpec.arch()))
                    .without(IdleFlags.unread(config, finetune, prune.oneShot))
                    .from(EffectiveSettings.Origin.PRESET, fromPreset)
                    .from(EffectiveSettings.Origin.CHECKPOINT, fromCheckpoint)
                    .from(EffectiveSettings.Origin.RECIPE, fromRecipe)
                    .from(EffectiveSettings.Origin.MEASURED, goal == null ? Set.of() : Set.of(Setting.RATIOS))
                    .from(
                            EffectiveSettings.Origin.MATCHED,
                            matches(config) ? Set.of(Setting.STABILIZE_REG_INTERVAL) : Set.of())
                    .recipe(settings.recipe)
                    .say(console);
            RunConfig runConfig = RunConfig.of(
                    speed.settled(Invocations.of(spec), target.stagePr),
                    backend,
                    runData,
                    networkSpec.arch(),
                    run.seed,
                    settings.recipe,
                    effective);
            RunCheckpoints checkpoints = run.begin(folder, backend, runConfig, console);
            PruneReport report = new PruneRun(console, folder, runData, backend, plan, checkpoints).run(start);
            console.out().printf(Locale.ROOT, "%n%s%nrun folder: %s%n", report.toText(), folder.path());
        }
        return 0;
    }

    /** Says which images a preset or the weights' file means, where no flag does; returns whether the preset names the data set. */
    private boolean nameData(Preset preset, Checkpoint start, Console console) {
        boolean named = preset != null && !data.given("--dataset");
        if (named) data.name(preset.dataset());
        if (arch.weights != null) data.follow(start, console);
        return named;
    }

    /** The images that a run would have. */
    private RunData images() {
        Console console = Console.of(spec);
        nameData(prune.preset == null ? null : PresetFlags.find(prune.preset), start(console), console);
        return data.open(console);
    }

    private int seeds() throws Exception {
        if (speed.given()) {
            throw new UsageException(
                    "--seeds: with --target-speedup or --target-latency " + SpeedOptions.NOT_FOR_SEVERAL);
        }
        return SeedRuns.run(spec, run, prune.seeds, this::images);
    }

    /**
     * What a run does not say comes from here: a resumed or repeated run keeps its recipe, a preset has the one of its data
     * set, even if other images take their place.
     *
     * @param imageSize in pixels; 0 where it is not known yet
     */
    private Recipe recipe(Preset preset, boolean demonstration, int imageSize) {
        if (demonstration) return Recipe.DEMONSTRATION;
        if (run.recorded != null) {
            return Recipe.recorded(run.recorded, preset == null ? data.dataset : preset.dataset());
        }
        return preset == null ? Recipe.of(imageSize) : preset.recipe();
    }

    private String announced(Recipe recipe, Preset preset, RunData runData) {
        String name = "recipe " + Written.name(recipe);
        if (recipe == Recipe.DEMONSTRATION) return name;
        if (run.recorded != null) return name + ", as in the run before";
        if (preset != null) return name + ", of the preset's data set";
        return name + ", for images of " + runData.images().height() + " pixels (imagenet's from 64 on, else cifar's)";
    }

    private Settings settings(Recipe recipe) {
        GregConfig config = prune.config(recipe, run.seed);
        if (matches(config)) {
            int constant = (int) Math.min(Integer.MAX_VALUE, config.growing().steps() - 1);
            config = config.toBuilder().stabilizeRegInterval(constant).build();
        }
        return new Settings(
                recipe,
                config,
                prune.batchSizePrune(recipe),
                prune.base(recipe, run.augment(data), run.seed),
                prune.finetune(recipe, run.augment(data), run.seed));
    }

    /** Whether the constant penalty is given as many steps as a growing one. */
    private boolean matches(GregConfig config) {
        return config.method() == PruningMethod.FIX_REG && prune.oneShot == L1Comparison.MATCHED;
    }

    /** Refuses ratios that do not fit the network. */
    private void resolve(Pruning pruning, Console console) {
        Target.Resolved resolved = pruning.resolve();
        boolean nothing = resolved.layers().stream().allMatch(t -> t.ratio() == 0 && t.preset() == null);
        if (nothing && pruning.config().method() == PruningMethod.L1 && arch.weights == null) {
            throw new UsageException(
                    "--stage-pr " + target.stagePr + " with --method L1 removes nothing; to train a network"
                            + " that is not pruned use 'greg train', where --lr-ft is called --lr");
        }
        resolved.warnings().forEach(console::warn);
    }

    /** Says what has no effect, or another than might be thought. */
    private void warn(GregConfig config, TrainConfig finetune, Console console) {
        if (config.method() == PruningMethod.GREG_2 && config.pickPruned() != PickPruned.MIN) {
            console.say(
                    "warning: --pick-pruned %s has no effect on GReg-2, which picks the smallest scores",
                    Written.name(config.pickPruned()));
        }
        IdleFlags.warn(
                spec.commandLine().getParseResult(), config, finetune, prune.oneShot, arch.weights != null, console);
        if (config.method() != PruningMethod.FIX_REG) return;
        long constant = config.growing().stabilizeRegInterval() + 1L;
        if (matches(config)) {
            console.say("FixReg trains %,d steps until the removal, as many as GReg-1 would", constant);
        } else if (constant < config.growing().steps()) {
            console.say(
                    "warning: FixReg trains %,d steps until the removal, GReg-1 with these settings %,d; --one-shot matched"
                            + " gives FixReg as many",
                    constant, config.growing().steps());
        }
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

    /** The paper's numbers, if the run is the paper's experiment; else null, with a warning that says why. */
    private Published published(
            Preset preset, PruneSettings effective, String usedArch, RunData runData, Console console) {
        List<String> other = SameExperiment.differences(preset, effective, target.bySetting(), usedArch, runData);
        if (other.isEmpty()) return preset.published();
        console.say(
                "warning: --preset %s: its published numbers are left out, they are for %s",
                preset.name(), String.join(", ", other));
        return null;
    }
}
