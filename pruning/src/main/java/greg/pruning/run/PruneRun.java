package greg.pruning.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.kernels.Backend;
import greg.nn.Initializer;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.train.Checkpointer;
import greg.nn.train.DivergenceGuard;
import greg.nn.train.Score;
import greg.nn.train.TrainConfig;
import greg.nn.train.TrainData;
import greg.nn.train.TrainHook;
import greg.pruning.Pruner;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Accuracies;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.PruneReport;
import greg.pruning.report.Published;
import greg.pruning.report.ReportFile;
import greg.pruning.report.Speed;
import greg.pruning.report.SpeedMeter;
import greg.pruning.report.Written;
import greg.pruning.surgery.PruningPlan;
import greg.pruning.surgery.Reinit;
import java.util.ArrayList;
import java.util.List;

/**
 * The phases of a pruning run in order: base network, growth and removal, finetuning, comparison, timing, report. A run
 * that is resumed in a later phase reads the networks of earlier phases from their own files in the run folder.
 */
public final class PruneRun {
    /** The unpruned network, in the run folder. */
    public static final String BASE = "checkpoint/base.safetensors";

    /** The finetuned network, in the run folder. */
    static final String PRUNED = "pruned.safetensors";

    private static final String REMEDY = "a smaller lrPrune or regUpperLimit";
    private static final int[] TIMED_BATCHES = {1, 64};

    private final RunMonitor monitor;
    private final RunFolder folder;
    private final RunData data;
    private final Backend backend;
    private final Plan plan;
    private final RunCheckpoints checkpoints;
    private final Training training;
    private RunState.Results results;
    private Pruning pruning;

    /**
     * What the run does.
     *
     * @param batchSize images per step until the removal
     * @param base how a base network is trained if none is given
     * @param reinit new weights before finetuning
     * @param oneShot how one-shot L1 is run too, for comparison
     * @param maxIterations limit for each phase; 0: none
     * @param records what the growth leaves in metrics.jsonl
     * @param published the paper's results, or null
     */
    public record Plan(
            Pruning pruning,
            int batchSize,
            TrainConfig base,
            TrainConfig finetune,
            Reinit reinit,
            L1Comparison oneShot,
            long maxIterations,
            RecordSettings records,
            Published published) {
        /** The same with the paper's results beside those of the run. */
        public Plan beside(Published numbers) {
            return new Plan(pruning, batchSize, base, finetune, reinit, oneShot, maxIterations, records, numbers);
        }
    }

    public PruneRun(
            RunMonitor monitor,
            RunFolder folder,
            RunData data,
            Backend backend,
            Plan plan,
            RunCheckpoints checkpoints) {
        this.monitor = monitor;
        this.folder = folder;
        this.data = data;
        this.backend = backend;
        this.plan = plan;
        this.pruning = plan.pruning();
        this.checkpoints = checkpoints;
        this.results = checkpoints.results();
        this.training = new Training(monitor, folder, data, checkpoints);
    }

    /**
     * Runs all phases, or those that the last checkpoint leaves to do.
     *
     * @param start the base network's weights ({@link #BASE} once the run is past its training), or null to train one
     */
    public PruneReport run(Checkpoint start) {
        NetworkSpec spec = pruning.spec();
        try (NnModule dense = base(start);
                NnModule network = prune(dense)) {
            boolean prunesByL1 = pruning.config().method() == PruningMethod.L1;
            if (plan.oneShot() != L1Comparison.NONE && !prunesByL1) compare(dense);
            if (plan.oneShot() == L1Comparison.MATCHED) match(dense);
            checkpoints.enter(Phase.REPORT, spec, results);
            checkpoints.start(null);
            List<Speed> speeds = List.of(
                    SpeedMeter.measure(dense, network, spec.image(), TIMED_BATCHES[0]),
                    SpeedMeter.measure(dense, network, spec.image(), TIMED_BATCHES[1]));
            finished("timing");
            PruneReport report = new PruneReport(
                    spec.arch(),
                    data.name(),
                    backend.device().name(),
                    results.base(),
                    results.main(),
                    results.oneShot(),
                    results.matched(),
                    NetworkSize.of(Pruning.cost(spec)),
                    results.after(),
                    results.oneShotAfter(),
                    speeds,
                    results.seconds(),
                    !pruning.config().granularity().structured(),
                    plan.published());
            folder.writeJson(RunFiles.REPORT, ReportFile.of(report, growthTotals()));
            folder.writeText(RunFiles.TEXT, report.toText());
            folder.writePage(monitor);
            checkpoints.done();
            return report;
        }
    }

    /** What plan.json says of the growth of the whole network; null if nothing grew. */
    private JsonNode growthTotals() {
        JsonNode growth = folder.readJson(RunFiles.PLAN).path("growth");
        return growth instanceof ObjectNode all ? all.deepCopy().without("layers") : null;
    }

    /** The base network: given, trained, or in the middle of its training. */
    private NnModule base(Checkpoint start) {
        NetworkSpec spec = pruning.spec();
        if (checkpoints.past(Phase.TRAIN)) return spec.load(backend, start);
        checkpoints.enter(Phase.TRAIN, spec, results);
        RunState.Saved saved = checkpoints.current();
        NnModule dense = saved != null
                ? saved.load(spec, backend)
                : spec.fresh(backend, start, plan.base().seed());
        try {
            if (saved == null) checkpoints.start(dense);
            if (start == null) training.run(dense, plan.base(), "base", false);
            spec.save(folder.file(BASE), dense);
            Score score = Training.evaluate(dense, data);
            monitor.say("base: top-1 %.2f%%", score.accuracy());
            results = results.withBase(score);
            finished("base");
            return dense;
        } catch (RuntimeException e) {
            dense.close();
            throw e;
        }
    }

    /** Grows, removes and finetunes, as far as that is not done yet. */
    private NnModule prune(NnModule dense) {
        pruning = pruning.settle(dense);
        if (checkpoints.past(Phase.FINETUNE)) {
            Checkpoint pruned = Checkpoints.load(folder.file(PRUNED));
            return NetworkSpec.of(pruned, null, data.images()).load(backend, pruned);
        }
        NnModule network = checkpoints.past(Phase.GROW) ? resumed(Phase.FINETUNE) : grow(dense);
        try {
            results = results.withMain(finetune(network, results.main(), "finetune", true), results.after());
            checkpoints.spec().save(folder.file(PRUNED), network, results.main().last());
            finished("finetune");
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** The pruned network of the checkpoint to resume from. */
    private NnModule resumed(Phase phase) {
        RunState.Saved saved = checkpoints.from(phase);
        NetworkSpec spec = NetworkSpec.of(saved.network(), null, data.images()).trainedOn(data);
        checkpoints.enter(phase, spec, results);
        return saved.load(spec, backend);
    }

    /** Grows and removes; the plan is written as soon as it is known. */
    private NnModule grow(NnModule dense) {
        GregConfig greg = pruning.config();
        NetworkSpec spec = pruning.spec();
        checkpoints.enter(Phase.GROW, spec, results);
        RunState.Saved saved = checkpoints.current();
        RunState.Saved from = saved == null || saved.schedule() == null ? null : saved;
        if (from == null) checkpoints.start(null);
        NnModule network = from == null ? copy(dense) : from.load(spec, backend);
        try {
            Pruning.Cut cut = grow(network, from);
            folder.writeJson(RunFiles.PLAN, cut.describe(greg));
            results = results.withMain(removed(network, Written.name(greg.method())), cut.size());
            finished("prune");
            begin(Phase.FINETUNE, cut.spec(), network);
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private Pruning.Cut grow(NnModule network, RunState.Saved from) {
        GregConfig greg = pruning.config();
        String method = Written.name(greg.method());
        long most = GrowthLength.of(greg).iterations();
        if (plan.maxIterations() > 0) most = Math.min(most, plan.maxIterations());
        TrainData train = data.training(plan.finetune().augment(), plan.batchSize(), greg.seed());
        try (Progress progress = monitor.progress(method, most, "it")) {
            Pruner pruner = pruning.pruner(network);
            if (from != null) {
                progress.skip(from.training().position().iteration());
                pruner.resume(from.schedule(), from.training());
            }
            if (greg.method() != PruningMethod.L1) pruner.hooks(hooks(pruner, progress));
            PruningPlan removed = new LoopRunner(folder).run("pruning", REMEDY, () -> pruner.run(train));
            Pruning.Cut cut = pruning.cut(pruner, removed);
            cut.warnings().forEach(warning -> monitor.say("warning: %s", warning));
            if (cut.outcome().cutShort()) monitor.say("%s: %s", method, cutShort(cut.outcome()));
            return cut;
        }
    }

    private TrainHook[] hooks(Pruner pruner, Progress progress) {
        DivergenceGuard guard = new DivergenceGuard();
        Checkpointer checkpointer = checkpoints.ofGrowth(guard, monitor::stopRequested, pruner::growth);
        long limit = plan.maxIterations();
        List<TrainHook> hooks = new ArrayList<>();
        hooks.add(new GrowthRecords(
                folder, progress, pruner::growth, pruning.config(), plan.records(), guard, checkpointer, limit));
        long testInterval = plan.records().testInterval();
        if (testInterval > 0)
            hooks.add(new TestRecords(folder, pruner::growth, pruning.spec(), Training.evaluator(data), testInterval));
        hooks.add(guard);
        hooks.add(new ProgressHook(progress, false));
        hooks.add(checkpoints.steps());
        if (limit > 0) hooks.add(TrainHook.limit(limit));
        hooks.add(checkpointer);
        return hooks.toArray(TrainHook[]::new);
    }

    private String cutShort(GrowingRegularization.Outcome outcome) {
        int chosen = outcome.chosen();
        int now = outcome.now();
        String picked = now == 0
                ? "the groups chosen before are removed, however far they have faded"
                : (chosen == 0 ? "no layer" : chosen == 1 ? "1 layer" : chosen + " layers") + " had picked by then, "
                        + (now == 1 ? "1 loses its" : now + " lose their") + " smallest groups at this point";
        return "cut short by maxIterations after " + plan.maxIterations() + " iterations; " + picked;
    }

    private Accuracies removed(NnModule network, String method) {
        Score score = Training.evaluate(network, data);
        monitor.say("%s: top-1 %.2f%% right after the removal", method, score.accuracy());
        return new Accuracies(method, score, null, null);
    }

    private Accuracies finetune(NnModule network, Accuracies accuracies, String name, boolean keep) {
        if (plan.finetune().epochs() == 0) return accuracies;
        Training.Result tuned = training.run(network, plan.finetune(), name, keep);
        monitor.say(
                "%s: top-1 %.2f%% after finetuning",
                accuracies.method(), tuned.last().accuracy());
        return new Accuracies(accuracies.method(), accuracies.removed(), tuned.last(), tuned.best());
    }

    /** The same ratios by L1 in one shot, finetuned alike. */
    private void compare(NnModule dense) {
        if (checkpoints.past(Phase.COMPARE)) return;
        try (NnModule network = checkpoints.from(Phase.COMPARE) == null ? copy(dense) : resumed(Phase.COMPARE)) {
            if (checkpoints.from(Phase.COMPARE) == null) {
                Pruning.Cut cut = pruning.with(PruningMethod.L1).run(network);
                results = results.withOneShot(removed(network, "L1 one-shot"), cut.size());
                begin(Phase.COMPARE, cut.spec(), network);
            }
            Accuracies tuned = finetune(network, results.oneShot(), "finetune L1", false);
            results = results.withOneShot(tuned, results.oneShotAfter());
            finished("one-shot");
        }
    }

    /** The same with as many steps before finetuning as growing took, without a penalty. */
    private void match(NnModule dense) {
        if (checkpoints.past(Phase.MATCH_FINETUNE)) return;
        boolean tunes = checkpoints.from(Phase.MATCH_FINETUNE) != null;
        boolean trains = checkpoints.from(Phase.MATCH) != null;
        Phase phase = tunes ? Phase.MATCH_FINETUNE : Phase.MATCH;
        try (NnModule network = tunes || trains ? resumed(phase) : copy(dense)) {
            if (!tunes) {
                if (!trains) {
                    Pruning.Cut cut = pruning.with(PruningMethod.L1).run(network);
                    results = results.withMatched(removed(network, matchedName()));
                    checkpoints.enter(Phase.MATCH, cut.spec(), results);
                    checkpoints.start(network);
                }
                training.run(network, growthSteps(), "match L1", false);
                begin(Phase.MATCH_FINETUNE, checkpoints.spec(), network);
            }
            results = results.withMatched(finetune(network, results.matched(), "finetune matched L1", false));
            finished("matched");
        }
    }

    private String matchedName() {
        PruningMethod method = pruning.config().method();
        return "L1 matched to " + Written.name(method == PruningMethod.L1 ? PruningMethod.GREG_1 : method);
    }

    /** A training with the steps of the growth, or for L1 those that GReg-1 would have taken. */
    private TrainConfig growthSteps() {
        GregConfig greg = pruning.config();
        JsonNode removal = folder.readJson(RunFiles.PLAN).path("growth").path("removal"); // an iteration, from 0
        long steps =
                removal.isNumber() ? removal.longValue() + 1 : greg.growing().steps();
        if (plan.maxIterations() > 0) steps = Math.min(steps, plan.maxIterations());
        int perEpoch = data.training(plan.finetune().augment(), plan.batchSize(), greg.seed())
                .stepsPerEpoch();
        return TrainConfig.sgd(Double.toString(greg.lrPrune()), Math.toIntExact((steps + perEpoch - 1) / perEpoch))
                .withBatchSize(plan.batchSize())
                .withWeightDecay(greg.weightDecay())
                .withMomentum(greg.momentum())
                .withAugmentation(plan.finetune().augment())
                .withSeed(greg.seed())
                .withMaxIterations(steps);
    }

    private NnModule copy(NnModule dense) {
        NnModule network = pruning.spec().build(backend);
        StateDict.of(dense).loadInto(network, true); // its values were checked when they were read
        Initializer.seedDropout(network, plan.finetune().seed());
        return network;
    }

    /** Begins a phase of finetuning: new weights if the plan asks for them, and a checkpoint before the first step. */
    private void begin(Phase phase, NetworkSpec spec, NnModule network) {
        if (plan.finetune().epochs() > 0) {
            plan.reinit().apply(network, plan.finetune().seed());
        }
        checkpoints.enter(phase, spec, results);
        checkpoints.start(network);
    }

    private void finished(String phase) {
        results = results.finished(phase, checkpoints.seconds());
    }
}
