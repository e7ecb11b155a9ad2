package greg.kernels.cuda;

import greg.kernels.Philox;
import greg.kernels.RandomKernels;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;

/**
 * {@code random.ptx} for uniform numbers. Normal ones initialise weights once a run and need a logarithm and a cosine in
 * double, bit for bit the same everywhere; they are computed here by {@link Philox} and uploaded.
 */
final class CudaRandom implements RandomKernels {
    private final CudaContext context;
    private final TransferKernels transfer;

    CudaRandom(CudaContext context, TransferKernels transfer) {
        this.context = context;
        this.transfer = transfer;
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

    @Override
    public void normal(Storage x, float mean, float std, long seed) {
        float[] numbers = new float[Math.toIntExact(x.length())];
        int[] words = new int[4];
        for (int i = 0; i < numbers.length; i++) {
            if (i % 4 == 0) Philox.block(seed, i / 4, Philox.NORMAL, words);
            int first = i % 4 & ~1;
            numbers[i] = (float) (mean + std * Philox.normal(words[first], words[first + 1], i % 2 == 1));
        }
        transfer.upload(numbers, x);
    }
}
