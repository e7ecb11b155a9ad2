package greg.kernels.grid;

import greg.kernels.Backend;
import greg.kernels.Layouts;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import java.util.List;
import java.util.SplittableRandom;

/** One random geometry. Its text names everything that it was made from. */
interface GridCase {
    /**
     * What a kernel wrote.
     *
     * @param name of the tensor
     * @param unit what a deviation is compared with, if all values are smaller: the size that sums of so many terms usually
     *     have, since a single sum may come out near 0 and its rounding errors do not
     */
    record Result(String name, float[] values, double unit) {}

    /** Every forward form and every gradient, on inputs that depend on the case alone. */
    List<Result> run(Backend backend);

    /** Case number {@code index} of a seed. */
    static GridCase of(long seed, long index) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + index);
        int kind = random.nextInt(10);
        if (kind < 5) return ConvolutionCase.draw(random);
        if (kind < 7) return BatchNormCase.draw(random);
        if (kind < 9) return PoolingCase.draw(random);
        return ProductCase.draw(random);
    }

    /** Channels: as often multiples of 16, for which there is code of its own, as any number up to 70. */
    static int channels(SplittableRandom random) {
        return random.nextBoolean() ? 16 * random.nextInt(1, 5) : random.nextInt(1, 71);
    }

    /** The values as an activation, in the {@code choice}-th of the layouts that the backend has for these dimensions. */
    static Storage activation(Backend backend, Workspace k, int choice, float[] values, int... dims) {
        List<Storage> all = List.copyOf(Layouts.all(backend, k, values, dims).values());
        return all.get(choice % all.size());
    }
}
