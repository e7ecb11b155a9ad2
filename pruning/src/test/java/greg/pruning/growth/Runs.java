package greg.pruning.growth;

import greg.kernels.spec.GroupIndex;
import greg.pruning.growth.GrowthSchedule.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Small growing runs without a network: layers of groups with scores that a test makes up. */
final class Runs {
    private Runs() {}

    /** Layers l0, l1, ... of {@code groups} groups with one weight each. */
    static List<LayerState> layers(int groups, double... ratios) {
        List<LayerState> layers = new ArrayList<>();
        for (int i = 0; i < ratios.length; i++) {
            layers.add(new LayerState("l" + i, i, ratios[i], new GroupIndex(groups, 1)));
        }
        return layers;
    }

    /** Scores 1, 2, ..., groups in every layer. */
    static GroupScores rising(LayerState layer) {
        float[] scores = new float[layer.groups().count()];
        for (int g = 0; g < scores.length; g++) {
            scores[g] = g + 1;
        }
        return () -> scores;
    }

    /** Updates until the phase changes, at most {@code most}; returns the events. */
    static List<GrowthEvent> grow(
            GrowthSchedule schedule, int interval, int most, Function<LayerState, GroupScores> scores) {
        List<GrowthEvent> events = new ArrayList<>();
        for (int u = 0; u < most && schedule.phase() == Phase.UPDATE_REG; u++) {
            schedule.update((long) u * interval, scores, events::add);
        }
        return events;
    }

    static GregConfig.Builder config(PruningMethod method) {
        return GregConfig.of(method)
                .updateRegInterval(1)
                .stabilizeRegInterval(3)
                .regUpperLimit(1)
                .regUpperLimitPick(0.25)
                .regGranularityPick(0.125)
                .regGranularityPrune(0.25);
    }

    static float[] repeat(float value, int times) {
        float[] array = new float[times];
        Arrays.fill(array, value);
        return array;
    }
}
