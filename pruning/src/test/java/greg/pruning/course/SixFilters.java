package greg.pruning.course;

import greg.kernels.Backend;
import greg.kernels.UpdateSlot;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import greg.pruning.growth.GregConfig;
import greg.pruning.growth.GrowthEvent;
import greg.pruning.growth.GrowthSchedule;
import greg.pruning.growth.LayerState;
import greg.pruning.select.L1Scores;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A layer of six filters with two weights each, pruned by GReg-2 from its first iteration to the removal with the schedule and
 * the update of real runs. Its loss is a bowl for each filter, h/2 |w - w*|^2, and it starts at the bottom of all of them.
 */
final class SixFilters implements AutoCloseable {
    static final int FILTERS = 6;
    static final int WEIGHTS = 2;
    static final float[] AT_REST = {
        0.5f, -0.4f, 0.34f, 0.26f, -0.43f, 0.41f, 0.44f, 0.48f, -0.24f, -0.28f, 0.36f, -0.34f
    };
    static final float[] CURVATURE = {2, 2, 0.05f, 1, 0.1f, 0.05f};
    static final float RATE = 0.1f;
    static final float MOMENTUM = 0.5f;
    static final float WEIGHT_DECAY = 5e-4f;
    static final GregConfig CONFIG = GregConfig.greg2()
            .updateRegInterval(4)
            .stabilizeRegInterval(8)
            .regGranularityPick(0.0625)
            .regUpperLimitPick(0.5)
            .regGranularityPrune(0.25)
            .regUpperLimit(1)
            .lrPrune(RATE)
            .momentum(MOMENTUM)
            .weightDecay(WEIGHT_DECAY)
            .build();

    private static final GroupIndex GROUPS = new GroupIndex(FILTERS, WEIGHTS);

    private final Backend backend;
    private final Tensor weight;
    private final Tensor gradient;
    private final Tensor momentum;
    private final Tensor lambda;
    private final Tensor l1;
    private final Tensor rate;
    private final UpdateSlot slot;

    final LayerState layer = new LayerState("conv", 0, 0.5, GROUPS);
    final List<Iteration> iterations = new ArrayList<>();
    private final GrowthSchedule schedule;

    /**
     * One iteration; arrays per filter or, as said, per weight.
     *
     * @param scores mean |w| before the step
     * @param lambda that acts in the step
     * @param before weights before the step
     * @param gradient of the loss, per weight
     * @param momentum after the step, per weight
     * @param after weights after the step
     * @param update what the visit of the layer found; null if this iteration has no update
     */
    record Iteration(
            int number,
            float[] scores,
            float[] lambda,
            float[] before,
            float[] gradient,
            float[] momentum,
            float[] after,
            GrowthEvent update) {}

    SixFilters(Backend backend) {
        this.backend = backend;
        Shape shape = Shape.of(FILTERS, WEIGHTS, 1, 1);
        weight = Tensor.of(backend, shape, AT_REST);
        gradient = Tensor.of(backend, shape, new float[AT_REST.length]);
        momentum = Tensor.of(backend, shape, new float[AT_REST.length]);
        lambda = Tensor.of(backend, Shape.of(FILTERS), new float[FILTERS]);
        l1 = Tensor.of(backend, Shape.of(FILTERS), new float[FILTERS]);
        rate = Tensor.of(backend, Shape.of(1), RATE);
        slot = new UpdateSlot(
                weight.storage(),
                shape.dims(),
                gradient.storage(),
                momentum.storage(),
                null,
                lambda.storage(),
                null,
                l1.storage(),
                GROUPS,
                0);
        backend.penalty().groupL1(List.of(slot));
        schedule = GrowthSchedule.start(CONFIG, List.of(layer), l -> this::scores);
        for (int i = 0; schedule.phase() != GrowthSchedule.Phase.DONE; i++) iterations.add(step(i));
    }

    private float[] scores() {
        return L1Scores.fromSums(l1.toHost(), WEIGHTS);
    }

    private Iteration step(int i) {
        float[] scores = scores();
        GrowthEvent[] update = new GrowthEvent[1];
        if (schedule.updateDue(i)) {
            schedule.update(i, l -> this::scores, event -> update[0] = event);
            lambda.set(layer.lambda());
        }
        float[] before = weight.toHost();
        float[] lossGradient = new float[before.length];
        for (int k = 0; k < before.length; k++) lossGradient[k] = CURVATURE[k / WEIGHTS] * (before[k] - AT_REST[k]);
        gradient.set(lossGradient);
        backend.update().sgd(new SgdSpec(MOMENTUM, WEIGHT_DECAY, false, false), rate.storage(), List.of(slot));
        float[] acting = layer.lambda().clone();
        if (schedule.pruneDue(i)) schedule.complete(i, l -> this::scores);
        return new Iteration(i, scores, acting, before, lossGradient, momentum.toHost(), weight.toHost(), update[0]);
    }

    /** The filters that are removed, ascending. */
    int[] pruned() {
        int[] pruned = layer.selection().pruned().clone();
        Arrays.sort(pruned);
        return pruned;
    }

    @Override
    public void close() {
        for (Tensor tensor : List.of(weight, gradient, momentum, lambda, l1, rate)) tensor.close();
    }
}
