package greg.kernels.reference;

import greg.kernels.Philox;
import greg.kernels.RandomKernels;
import greg.kernels.Storage;

/** Four elements from each block of {@link Philox}. */
final class ReferenceRandom implements RandomKernels {
    @Override
    public void uniform(Storage xs, float low, float high, long seed) {
        float[] x = ReferenceStorage.floatsOut(xs);
        int[] words = new int[4];
        for (int i = 0; i < x.length; i++) {
            if (i % 4 == 0) Philox.block(seed, i / 4, Philox.UNIFORM, words);
            x[i] = (float) (low + ((double) high - low) * Philox.uniform24(words[i % 4]));
        }
    }
}
