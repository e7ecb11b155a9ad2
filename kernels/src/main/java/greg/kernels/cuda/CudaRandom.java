package greg.kernels.cuda;

import greg.kernels.RandomKernels;
import greg.kernels.Storage;

/** {@code random.ptx}. */
final class CudaRandom implements RandomKernels {
    private final CudaContext context;

    CudaRandom(CudaContext context) {
        this.context = context;
    }

    @Override
    public void uniform(Storage x, float low, float high, long seed) {
        context.launch("random", "uniform")
                .add(x.length())
                .add(x)
                .add(low)
                .add(high)
                .add(seed)
                .over(x.length(), CudaElementwise.ELEMENTS);
        CudaStorage.of(x).wrotePlain();
    }
}
