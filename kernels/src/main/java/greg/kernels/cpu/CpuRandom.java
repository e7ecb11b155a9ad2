package greg.kernels.cpu;

import greg.kernels.Philox;
import greg.kernels.RandomKernels;
import greg.kernels.Storage;

/** Philox numbers, chunk by chunk; four to a block. */
final class CpuRandom implements RandomKernels {
    private static final int CHUNK = 4096;

    private final float[] chunk = new float[CHUNK];
    private final int[] words = new int[4];

    @Override
    public void uniform(Storage x, float low, float high, long seed) {
        CpuStorage target = CpuStorage.of(x);
        for (long at = 0; at < x.length(); at += CHUNK) {
            int n = (int) Math.min(CHUNK, x.length() - at);
            for (int i = 0; i < n; i++) {
                if (i % 4 == 0) Philox.block(seed, (at + i) / 4, Philox.UNIFORM, words);
                chunk[i] = (float) (low + ((double) high - low) * Philox.uniform24(words[i % 4]));
            }
            target.block.write(at, chunk, 0, n);
        }
        target.wrotePlain();
    }
}
