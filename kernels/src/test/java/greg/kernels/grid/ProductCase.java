package greg.kernels.grid;

import static greg.kernels.Workspace.gauss;

import greg.kernels.Backend;
import greg.kernels.Storage;
import greg.kernels.Workspace;
import greg.kernels.spec.GemmSpec;
import java.util.List;
import java.util.SplittableRandom;

/** A product of matrices, each transposed or not, added to what was there or not. */
record ProductCase(GemmSpec spec) implements GridCase {
    static ProductCase draw(SplittableRandom random) {
        return new ProductCase(new GemmSpec(
                random.nextInt(1, 130),
                random.nextInt(1, 130),
                random.nextInt(1, 300),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean()));
    }

    @Override
    public List<Result> run(Backend backend) {
        try (Workspace k = new Workspace(backend)) {
            Storage a = k.put(gauss(1, spec.m(), spec.k()));
            Storage b = k.put(gauss(2, spec.k(), spec.n()));
            Storage c = spec.accumulate() ? k.put(gauss(3, spec.m(), spec.n())) : k.out(spec.m(), spec.n());
            backend.gemm().gemm(spec, a, b, c);
            return List.of(new Result("c", k.get(c, spec.m(), spec.n()), Math.sqrt(spec.k())));
        }
    }
}
