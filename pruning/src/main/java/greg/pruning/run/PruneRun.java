package greg.pruning.run;

import greg.datasets.Batches;
import greg.datasets.Dataset;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.init.Initializer;
import greg.nn.io.Checkpoint;
import greg.nn.io.Checkpoints;
import greg.nn.model.Networks;
import greg.nn.train.Augmentation;
import greg.nn.train.EndlessFeed;
import greg.nn.train.Score;
import greg.nn.train.TrainConfig;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.PruningMethod;
import greg.pruning.report.Accuracies;
import greg.pruning.report.HtmlReport;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.PruneReport;
import greg.pruning.report.Published;
import greg.pruning.report.ReportFile;
import greg.pruning.report.RunRecord;
import greg.pruning.report.Speed;
import greg.pruning.report.SpeedMeter;
import greg.pruning.report.Written;
import greg.pruning.surgery.Reinit;
import java.util.List;

/** The phases of a pruning run in order: base network, growth and removal, finetuning, comparison, timing, report. A
 * checkpoint of a later phase takes the networks of earlier ones from their own files in the run folder. */
public final class PruneRun {
    /** The unpruned network, in the run folder. */
    public static final String BASE = "checkpoint/base.safetensors";

    private static final String PLAN = "plan.json";
    private static final String PRUNED = "pruned.safetensors";
    private static final int[] TIMED_BATCHES = {1, 64};

    private final RunMonitor console;
    private final RunFolder folder;
    private final RunData data;
    private final Backend backend;
    private final Plan plan;
    private final Saver saver;
    private final Training training;
    private RunState.Results results;
    private Pruning pruning;

    /**
     * What is to be done.
     *
     * @param batchSize images a step until the removal
     * @param base how a base network is trained if none is given
     * @param reinit new weights before finetuning
     * @param oneShot whether L1 in one shot is run beside it
     * @param maxIterations limit for each phase; 0: none
     * @param published what the paper got, or null
     */
    public record Plan(
            Pruning pruning,
            int batchSize,
            TrainConfig base,
            TrainConfig finetune,
            Reinit reinit,
            boolean oneShot,
            long maxIterations,
            Published published) {}

    public PruneRun(RunMonitor console, RunFolder folder, RunData data, Backend backend, Plan plan, Saver saver) {
        this.console = console;
        this.folder = folder;
        this.data = data;
        this.backend = backend;
        this.plan = plan;
        this.pruning = plan.pruning();
        this.saver = saver;
        this.results = saver.results();
        this.training = new Training(console, folder, data, saver);
    }

    /**
     * Runs everything, or what the last checkpoint leaves to do.
     *
     * @param start the base network's weights ({@link #BASE} once the run is past its training), or null to train one
     */
    public PruneReport run(Checkpoint start) {
        NetworkSpec spec = pruning.spec();
        try (NnModule dense = base(start);
                NnModule network = prune(dense)) {
            if (plan.oneShot() && pruning.config().method() != PruningMethod.L1) compare(dense);
            saver.enter(Phase.REPORT, spec, results);
            saver.save(null);
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
                    NetworkSize.of(Pruning.cost(spec)),
                    results.after(),
                    results.oneShotAfter(),
                    speeds,
                    results.seconds(),
                    plan.published());
            folder.writeJson("report.json", ReportFile.of(report, GrowthTimes.totals(folder.file(PLAN))));
            folder.writeText("report.txt", report.toText());
            folder.writeText(RunFolder.PAGE, HtmlReport.of(RunRecord.read(folder.path())));
            saver.done();
            return report;
        }
    }

    /** The base network: given, trained, or in the middle of its training. */
    private NnModule base(Checkpoint start) {
        NetworkSpec spec = pruning.spec();
        if (saver.past(Phase.TRAIN)) return spec.load(backend, start);
        saver.enter(Phase.TRAIN, spec, results);
        RunState.Saved saved = saver.current();
        NnModule dense = saved != null
                ? saved.load(spec, backend)
                : spec.fresh(backend, start, plan.base().seed());
        try {
            if (start == null) training.run(dense, plan.base(), "base", false);
            spec.save(folder.file(BASE), dense);
            Score score = Training.evaluate(dense, data);
            console.say("base: top-1 %.2f%%", score.accuracy());
            results = results.withBase(score);
            finished("base");
            return dense;
        } catch (RuntimeException e) {
            dense.close();
            throw e;
        }
    }

    /** Grows, removes and finetunes, as far as that is still to be done. */
    private NnModule prune(NnModule dense) {
        pruning = pruning.settle(dense);
        if (saver.past(Phase.FINETUNE)) {
            Checkpoint pruned = Checkpoints.load(folder.file(PRUNED));
            return NetworkSpec.of(pruned, null, data.images()).load(backend, pruned);
        }
        NnModule network = saver.past(Phase.GROW) ? again(Phase.FINETUNE) : grow(dense);
        try {
            results = results.withMain(finetune(network, results.main(), true), results.after());
            saver.spec().save(folder.file(PRUNED), network);
            finished("finetune");
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** The smaller network of the checkpoint to go on from. */
    private NnModule again(Phase phase) {
        RunState.Saved saved = saver.from(phase);
        NetworkSpec spec = NetworkSpec.of(saved.network(), null, data.images());
        saver.enter(phase, spec, results);
        return saved.load(spec, backend);
    }

    /** Grows and removes; the plan is written as soon as it is known. */
    private NnModule grow(NnModule dense) {
        GregConfig greg = pruning.config();
        NetworkSpec spec = pruning.spec();
        saver.enter(Phase.GROW, spec, results);
        RunState.Saved saved = saver.current();
        GrowingRegularization.Saved from = saved == null ? null : saved.growth();
        if (from == null) saver.save(null);
        NnModule network = from == null ? copy(dense) : saved.load(spec, backend);
        try {
            Pruning.Cut cut =
                    grow(network, from, from == null ? null : saved.state().growth());
            folder.writeJson(PLAN, cut.describe(greg));
            results = results.withMain(removed(network, Written.name(greg.method())), cut.size());
            finished("prune");
            begin(Phase.FINETUNE, cut.spec(), network);
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private Pruning.Cut grow(NnModule network, GrowingRegularization.Saved from, GrowthState state) {
        GregConfig greg = pruning.config();
        long most = GrowthMonitor.mostIterations(greg);
        if (plan.maxIterations() > 0) most = Math.min(most, plan.maxIterations());
        Augmentation augment = plan.finetune().augment();
        Dataset train = data.split().train();
        try (Batches batches = augment.batches(train, plan.batchSize(), greg.seed());
                Progress progress = console.progress(Written.name(greg.method()), most, "it")) {
            GrowthMonitor monitor =
                    new GrowthMonitor(console, folder, progress, saver, network, greg, plan.maxIterations(), state);
            EndlessFeed feed = new EndlessFeed(
                    batches,
                    augment.feeder(network.backend(), train, data.normalization(), greg.seed()),
                    from == null ? 0 : from.iteration() + 1);
            Pruning.Cut cut = pruning.run(network, feed, monitor, from);
            monitor.checkWeights(feed.position() - 1);
            if (monitor.cut() != null) console.say("%s", monitor.cut());
            return cut;
        }
    }

    private Accuracies removed(NnModule network, String method) {
        Score score = Training.evaluate(network, data);
        console.say("%s: top-1 %.2f%% right after the removal", method, score.accuracy());
        return new Accuracies(method, score, null, null);
    }

    private Accuracies finetune(NnModule network, Accuracies found, boolean keep) {
        if (plan.finetune().epochs() == 0) return found;
        Training.Result tuned = training.run(network, plan.finetune(), keep ? "finetune" : "finetune L1", keep);
        console.say(
                "%s: top-1 %.2f%% after finetuning",
                found.method(), tuned.last().accuracy());
        return new Accuracies(found.method(), found.removed(), tuned.last(), tuned.best());
    }

    /** The same ratios by L1 in one shot, finetuned alike. */
    private void compare(NnModule dense) {
        if (saver.past(Phase.COMPARE)) return;
        try (NnModule network = saver.from(Phase.COMPARE) == null ? copy(dense) : again(Phase.COMPARE)) {
            if (saver.from(Phase.COMPARE) == null) {
                Pruning.Cut cut = pruning.with(PruningMethod.L1).run(network, null, new GrowthListener() {});
                results = results.withOneShot(removed(network, "L1 one-shot"), cut.size());
                begin(Phase.COMPARE, cut.spec(), network);
            }
            results = results.withOneShot(finetune(network, results.oneShot(), false), results.oneShotAfter());
            finished("one-shot");
        }
    }

    private NnModule copy(NnModule dense) {
        NnModule network = pruning.spec().build(backend);
        StateDict.of(dense).loadInto(network);
        Initializer.seedDropout(network, plan.finetune().seed());
        return network;
    }

    /** A phase of finetuning begins: new weights if they are wanted, and a checkpoint before the first step. */
    private void begin(Phase phase, NetworkSpec spec, NnModule network) {
        if (plan.finetune().epochs() > 0) {
            plan.reinit()
                    .apply(
                            network,
                            Networks.info(spec.arch()).scheme(),
                            spec.masks(),
                            plan.finetune().seed());
        }
        saver.enter(phase, spec, results);
        saver.save(network);
    }

    private void finished(String phase) {
        results = results.finished(phase, saver.seconds());
    }
}
