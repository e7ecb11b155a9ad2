package greg.nn.layer;

import greg.datasets.random.Seeds;
import greg.kernels.Backend;
import greg.nn.NnModule;
import greg.tensor.Tensor;
import greg.tensor.op.DropoutOp;

/**
 * Dropout in training, nothing in evaluation. The mask follows from the seed and the number of earlier forward passes in
 * training, so a run can be repeated.
 */
public final class Dropout extends NnModule {
    private final float rate;
    private long seed;
    private long step;

    /** Zeroes each element with probability {@code rate} in [0, 1). */
    public Dropout(Backend backend, float rate) {
        super(backend);
        this.rate = rate;
    }

    @Override
    public Tensor forward(Tensor x) {
        return isTraining() ? DropoutOp.apply(x, rate, ownSeed(), ++step) : x;
    }

    /** Ranks that train together draw masks of their own. */
    private long ownSeed() {
        int rank = backend().collectives().rank();
        return rank == 0 ? seed : Seeds.stream(seed, "rank" + rank);
    }

    /** Starts the sequence of masks that belongs to {@code seed}. */
    @Override
    public void seed(long seed) {
        this.seed = seed;
        this.step = 0;
    }

    /** What {@link #seed(long)} was given; 0 before. */
    public long seed() {
        return seed;
    }

    /** Forward passes in training so far. */
    public long step() {
        return step;
    }

    /** Resumes as after that many forward passes. */
    public void step(long step) {
        this.step = step;
    }
}
