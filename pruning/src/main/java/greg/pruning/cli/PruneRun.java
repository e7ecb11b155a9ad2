package greg.pruning.cli;

import greg.datasets.Batches;
import greg.kernels.Backend;
import greg.nn.Module;
import greg.nn.StateDict;
import greg.nn.io.Checkpoint;
import greg.nn.model.Networks;
import greg.nn.train.EndlessFeed;
import greg.nn.train.Score;
import greg.pruning.GregConfig;
import greg.pruning.GrowthListener;
import greg.pruning.PruningMethod;
import greg.pruning.Reinit;
import greg.pruning.report.Accuracies;
import greg.pruning.report.NetworkSize;
import greg.pruning.report.PruneReport;
import greg.pruning.report.Speed;
import greg.pruning.report.SpeedMeter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The phases of {@code greg prune} in order: base network, removal, finetuning, comparison, timing, report. */
final class PruneRun {
    private static final int[] TIMED_BATCHES = {1, 64};

    private final Console console;
    private final RunFolder folder;
    private final DataOptions.Data data;
    private final Backend backend;
    private final Plan plan;
    private final Map<String, Object> config;
    private final Training training;
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private long phaseStart = System.nanoTime();

    /**
     * What is to be done.
     *
     * @param base how a base network is trained if none is given
     * @param reinit new weights before finetuning
     * @param oneShot whether L1 in one shot is run beside it
     * @param maxIterations limit for each phase; 0: none
     */
    record Plan(
            Pruning pruning,
            TrainSettings base,
            TrainSettings finetune,
            Reinit reinit,
            boolean oneShot,
            long maxIterations) {
        /** For config.json: every setting, wherever it came from. */
        Map<String, Object> describe(boolean trainsBase) {
            GregConfig c = pruning.config();
            Map<String, Object> map = Json.object(
                    "method", c.method().cliName(),
                    "wg", c.wg().cliName(),
                    "pick_pruned", c.pickPruned().cliName(),
                    "semantics", c.semantics().cliName(),
                    "lr_prune", c.lrPrune(),
                    "batch_size_prune", c.batchSizePrune(),
                    "update_reg_interval", c.updateRegInterval(),
                    "stabilize_reg_interval", c.stabilizeRegInterval(),
                    "reg_upper_limit", c.regUpperLimit(),
                    "reg_upper_limit_pick", c.regUpperLimitPick(),
                    "reg_granularity_pick", c.regGranularityPick(),
                    "reg_granularity_prune", c.regGranularityPrune(),
                    "reg_granularity_recover", c.regGranularityRecover(),
                    "mag_ratio_limit", c.magRatioLimit(),
                    "weight_decay", c.weightDecay(),
                    "momentum", c.momentum(),
                    "block_loss_grad", c.blockLossGrad(),
                    "reinit", reinit.cliName(),
                    "one_shot", oneShot);
            map.put("base", trainsBase ? base.describe() : null);
            map.put("finetune", finetune.describe());
            return map;
        }
    }

    PruneRun(
            Console console,
            RunFolder folder,
            DataOptions.Data data,
            Backend backend,
            Plan plan,
            Map<String, Object> config) {
        this.console = console;
        this.folder = folder;
        this.data = data;
        this.backend = backend;
        this.plan = plan;
        this.config = config;
        this.training = new Training(console, folder, data);
    }

    /** Runs everything; {@code start} holds the base network's weights, or is null to train one. */
    PruneReport run(Checkpoint start) {
        NetworkSpec spec = plan.pruning().spec();
        String method = plan.pruning().config().method().cliName();
        try (Module dense = base(start)) {
            folder.writeJson("config.json", config);
            if (start == null) {
                training.run(dense, plan.base(), "base", null, optimizer -> {});
                spec.save(folder.file("checkpoint/base.safetensors"), dense);
            }
            Score base = Training.evaluate(dense, data);
            finished("base");
            console.say("base: top-1 %.2f%%", base.accuracy());
            StateDict weights = StateDict.of(dense);
            try (Module network = copy(weights)) {
                Pruning.Cut cut = grow(network);
                finished("prune");
                Accuracies main = finetune(network, cut, method, true);
                finished("finetune");
                Accuracies other = null;
                if (plan.oneShot() && plan.pruning().config().method() != PruningMethod.L1) {
                    other = oneShot(weights);
                    finished("one-shot");
                }
                List<Speed> speeds = List.of(
                        SpeedMeter.measure(dense, network, spec.image(), TIMED_BATCHES[0]),
                        SpeedMeter.measure(dense, network, spec.image(), TIMED_BATCHES[1]));
                finished("timing");
                PruneReport report = new PruneReport(
                        spec.arch(),
                        data.name(),
                        backend.device().name(),
                        base,
                        main,
                        other,
                        NetworkSize.of(Pruning.cost(spec)),
                        cut.size(),
                        speeds,
                        seconds);
                folder.writeJson("report.json", report.toMap());
                folder.writeText("report.txt", report.toText());
                return report;
            }
        }
    }

    private Module base(Checkpoint start) {
        NetworkSpec spec = plan.pruning().spec();
        return start == null ? TrainCommand.fresh(spec, backend, plan.base().seed()) : spec.load(backend, start);
    }

    private Module copy(StateDict weights) {
        Module network = plan.pruning().spec().build(backend);
        weights.loadInto(network);
        return network;
    }

    /** Grows and removes; the plan is written as soon as it is known. */
    private Pruning.Cut grow(Module network) {
        GregConfig greg = plan.pruning().config();
        Pruning.Cut cut;
        long most = GrowthMonitor.mostIterations(greg);
        if (plan.maxIterations() > 0) most = Math.min(most, plan.maxIterations());
        boolean augment = plan.finetune().augment();
        try (Batches batches = Training.batches(data, greg.batchSizePrune(), greg.seed());
                Progress progress = new Progress(console, greg.method().cliName(), most, "it")) {
            GrowthMonitor monitor =
                    new GrowthMonitor(folder, progress, plan.pruning().spec(), network, greg, plan.maxIterations());
            EndlessFeed feed = new EndlessFeed(batches, Training.feeder(network, data, augment, greg.seed()), 0);
            try {
                cut = plan.pruning().run(network, feed, monitor);
            } catch (GrowthMonitor.CutShort e) {
                console.say(
                        "%s: cut short by --max-iterations; the smallest groups go now",
                        greg.method().cliName());
                cut = plan.pruning().with(PruningMethod.L1).run(network, null, new GrowthListener() {});
            }
            monitor.finish();
        }
        folder.writeJson(
                "plan.json",
                Json.object(
                        "arch", cut.spec().arch(),
                        "method", greg.method().cliName(),
                        "wg", greg.wg().cliName(),
                        "kept_filters", cut.spec().plan().kept(),
                        "masked_weights", cut.spec().masks().counts()));
        return cut;
    }

    /** Evaluates, finetunes, evaluates. */
    private Accuracies finetune(Module network, Pruning.Cut cut, String method, boolean keep) {
        Score removed = Training.evaluate(network, data);
        console.say("%s: top-1 %.2f%% right after the removal", method, removed.accuracy());
        Accuracies result = new Accuracies(method, removed, null, null);
        if (plan.finetune().epochs() > 0) {
            NetworkSpec spec = cut.spec();
            plan.reinit()
                    .apply(
                            network,
                            Networks.info(spec.arch()).scheme(),
                            spec.masks(),
                            plan.finetune().seed());
            Training.Result tuned = training.run(
                    network,
                    plan.finetune(),
                    keep ? "finetune" : "finetune L1",
                    keep ? cut.spec() : null,
                    optimizer -> cut.mask(network, optimizer));
            result = new Accuracies(method, removed, tuned.last(), tuned.best());
            console.say(
                    "%s: top-1 %.2f%% after finetuning", method, tuned.last().accuracy());
        }
        if (keep) cut.spec().save(folder.file("pruned.safetensors"), network);
        return result;
    }

    private Accuracies oneShot(StateDict weights) {
        try (Module network = copy(weights)) {
            Pruning.Cut cut = plan.pruning().with(PruningMethod.L1).run(network, null, new GrowthListener() {});
            return finetune(network, cut, "L1 one-shot", false);
        }
    }

    private void finished(String phase) {
        long now = System.nanoTime();
        seconds.put(phase, (now - phaseStart) * 1e-9);
        phaseStart = now;
    }
}
