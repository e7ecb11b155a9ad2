package greg.pruning.run;

import greg.nn.NnModule;
import greg.nn.StateDict;
import greg.nn.train.Evaluator;
import greg.nn.train.Score;
import greg.nn.train.TrainHook;
import greg.nn.train.TrainLoop;
import greg.pruning.growth.GrowingRegularization;
import java.util.function.Supplier;

/**
 * Measures the network on the test images while a penalty grows, as it is and without the groups that are to be removed. The
 * groups are removed from a copy, so the network that is trained keeps every bit.
 */
final class TestRecords implements TrainHook {
    private final RunFolder folder;
    private final Supplier<GrowingRegularization> growth;
    private final NetworkSpec spec;
    private final Evaluator evaluator;
    private final long interval;

    /**
     * For a growth that begins or is resumed.
     *
     * @param growth available once the loop runs
     * @param spec of the network whose penalty grows
     * @param interval iterations between two measurements, the first before the first step
     */
    TestRecords(
            RunFolder folder,
            Supplier<GrowingRegularization> growth,
            NetworkSpec spec,
            Evaluator evaluator,
            long interval) {
        this.folder = folder;
        this.growth = growth;
        this.spec = spec;
        this.evaluator = evaluator;
        this.interval = interval;
    }

    @Override
    public void beforeStep(TrainLoop loop) {
        if (loop.iteration() % interval != 0) return;
        Score now = evaluator.evaluate(loop.network());
        folder.metric(MetricsRecord.Test.of(loop.iteration(), now, removed(loop.network())));
    }

    private Score removed(NnModule network) {
        try (NnModule copy = spec.build(network.backend())) {
            StateDict.of(network).loadInto(copy, true);
            growth.get().planNow().apply(copy);
            return evaluator.evaluate(copy);
        }
    }
}
