package greg.kernels.grid;

import static greg.kernels.Workspace.gauss;

import greg.kernels.Backend;
import greg.kernels.Pool2dKernels;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.Pool2dSpec;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Maximum, average and, over the same input, global average pooling.
 *
 * @param ties whether the input has few values, all negative: most windows have several maxima, and a padding that counted as
 *     0 would win
 * @param layout which layout the activations come in
 */
record PoolingCase(Pool2dSpec spec, boolean ties, int layout) implements GridCase {
    static PoolingCase draw(SplittableRandom random) {
        while (true) {
            try {
                Pool2dSpec spec = spec(random);
                return new PoolingCase(spec, random.nextInt(3) == 0, random.nextInt(12));
            } catch (IllegalArgumentException doesNotFit) {
                // a window larger than the padded input, or more padding than half of it: draw again
            }
        }
    }

    private static Pool2dSpec spec(SplittableRandom random) {
        return new Pool2dSpec(
                Pool2dSpec.Kind.values()[random.nextInt(2)],
                random.nextInt(1, 5),
                GridCase.channels(random),
                random.nextInt(1, 25),
                random.nextInt(1, 25),
                random.nextInt(1, 6),
                random.nextInt(1, 6),
                random.nextInt(1, 6),
                random.nextInt(1, 6),
                random.nextInt(0, 3),
                random.nextInt(0, 3),
                random.nextBoolean());
    }

    @Override
    public List<Result> run(Backend backend) {
        Pool2dKernels pool = backend.pool2d();
        int[] means = {spec.n(), spec.channels()};
        float[] values = gauss(1, spec.xDims());
        if (ties) for (int i = 0; i < values.length; i++) values[i] = Math.round(values[i]) - 10;
        try (Workspace k = new Workspace(backend)) {
            Storage x = GridCase.activation(backend, k, layout, values, spec.xDims());
            Storage dy = GridCase.activation(backend, k, layout, gauss(2, spec.yDims()), spec.yDims());
            Storage y = k.out(spec.yDims());
            Storage inference = k.out(spec.yDims());
            Storage saved = k.saved(pool.savedBytes(spec));
            Storage dx = k.out(spec.xDims());
            pool.forward(spec, x, y, saved);
            pool.forward(spec, x, inference, null);
            pool.backward(spec, dy, saved, dx);
            Storage average = k.out(means);
            Storage spread = k.out(spec.xDims());
            pool.globalAverage(spec.n(), spec.channels(), spec.h(), spec.w(), x, average);
            pool.globalAverageBackward(spec.n(), spec.channels(), spec.h(), spec.w(), k.put(gauss(3, means)), spread);
            return List.of(
                    new Result("y", k.get(y, spec.yDims()), 1),
                    new Result("y of inference", k.get(inference, spec.yDims()), 1),
                    new Result("dx", k.get(dx, spec.xDims()), 1),
                    new Result("global average", k.get(average, means), 1),
                    new Result("its dx", k.get(spread, spec.xDims()), 0));
        }
    }
}
