package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import greg.nn.train.TrainLoop;
import greg.pruning.growth.GrowingRegularization;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthListener;
import greg.pruning.growth.GrowthSchedule;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares a run with the trace of the reference while it runs: lambda, iterations and phases at once and exactly; losses
 * and magnitude ratios are collected for {@link GoldenSpread}.
 */
final class GoldenTrace implements GrowthListener {
    private final GoldenCase golden;
    private final Map<String, JsonNode> recorded = new HashMap<>();
    /** |loss - recorded loss| by iteration. */
    final double[] losses;
    /** Largest |history / recorded history - 1| by iteration; 0 where there was no visit. */
    final double[] ratios;

    private GrowingRegularization growth;
    private int visits;
    private long last = -1;

    GoldenTrace(GoldenCase golden) {
        this.golden = golden;
        losses = new double[golden.iterations.size()];
        ratios = new double[golden.iterations.size()];
        golden.trace.forEach(
                v -> recorded.put(key(v.get("iter").longValue(), v.get("layer").textValue()), v));
    }

    /** This trace, for a run that is about to begin. */
    GoldenTrace of(GrowingRegularization run) {
        growth = run;
        return this;
    }

    private static String key(long iteration, String layer) {
        return iteration + " " + layer;
    }

    @Override
    public void visited(GrowthEvent event) {
        String at = "iteration " + event.iteration() + ", " + event.layer() + ": ";
        JsonNode visit = recorded.get(key(event.iteration(), event.layer()));
        assertTrue(visit != null, at + "the reference does not visit it");
        assertEquals(visit, golden.trace.get(visits++), at + "visited out of turn");
        assertEquals((float) visit.get("reg_min").doubleValue(), event.lambdaMin(), at + "smallest lambda");
        assertEquals((float) visit.get("reg_max").doubleValue(), event.lambdaMax(), at + "largest lambda");
        assertEquals(visit.get("finished").booleanValue(), event.finished(), at + "finished");
        assertEquals(visit.get("prune_state").textValue(), name(event.phase()), at + "phase");
        if (!visit.get("picked").isNull()) {
            assertEquals(visit.get("picked").booleanValue(), event.picked(), at + "picked");
        }
        JsonNode history = visit.get("mag_ratio_momentum");
        assertEquals(history.isNull(), Float.isNaN(event.history()), at + "follows a magnitude ratio");
        if (!history.isNull()) {
            int i = (int) event.iteration();
            ratios[i] = Math.max(ratios[i], Math.abs(event.history() / history.doubleValue() - 1));
        }
    }

    @Override
    public void afterStep(TrainLoop loop) {
        long iteration = loop.iteration();
        assertEquals(++last, iteration, "iteration");
        assertTrue(iteration < golden.iterations.size(), "the reference has pruned before iteration " + iteration);
        JsonNode step = golden.iterations.get((int) iteration);
        assertEquals(step.get("prune_state").textValue(), name(growth.phase()), "phase in iteration " + iteration);
        double difference = Math.abs(loop.loss() - step.get("loss").doubleValue());
        assertTrue(Double.isFinite(difference), "loss of iteration " + iteration + ": " + loop.loss());
        losses[(int) iteration] = difference;
    }

    private static String name(GrowthSchedule.Phase phase) {
        return phase.name().toLowerCase();
    }

    /** Nothing that the reference did is missing. */
    void complete() {
        assertEquals(golden.trace.size(), visits, "visits");
        assertEquals(golden.iterations.size(), last + 1, "iterations");
    }
}
