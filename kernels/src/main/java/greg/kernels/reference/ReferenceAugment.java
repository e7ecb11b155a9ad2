package greg.kernels.reference;

import greg.kernels.AugmentKernels;
import greg.kernels.Philox;
import greg.kernels.Storage;
import greg.kernels.spec.AugmentSpec;

/** Pixel by pixel: find where it comes from, normalize. */
final class ReferenceAugment implements AugmentKernels {
    @Override
    public void batch(AugmentSpec s, Storage images, Storage indices, long seed, long counter, Storage ys) {
        byte[] pixels = ReferenceStorage.bytes(images);
        int[] index = ReferenceStorage.ints(indices);
        float[] y = ReferenceStorage.floatsOut(ys);
        float[] mean = s.mean();
        float[] std = s.std();
        int[] random = new int[4];
        int roomH = 2 * s.pad() + s.h() - s.outH();
        int roomW = 2 * s.pad() + s.w() - s.outW();
        for (int n = 0; n < s.n(); n++) {
            int top = roomH / 2;
            int left = roomW / 2;
            boolean flipped = false;
            if (s.random()) {
                Philox.block(seed, counter + n, Philox.AUGMENT, random);
                top = Philox.below(random[0], roomH + 1);
                left = Philox.below(random[1], roomW + 1);
                flipped = s.flip() && random[2] >>> 31 == 1;
            }
            for (int c = 0; c < s.channels(); c++) {
                for (int p = 0; p < s.outH(); p++) {
                    for (int q = 0; q < s.outW(); q++) {
                        int row = top + p - s.pad();
                        int column = left + (flipped ? s.outW() - 1 - q : q) - s.pad();
                        boolean inside = row >= 0 && row < s.h() && column >= 0 && column < s.w();
                        long pixel = (((long) index[n] * s.h() + row) * s.w() + column) * s.channels() + c;
                        float value = inside ? (pixels[(int) pixel] & 0xFF) / 255f : 0;
                        y[((n * s.channels() + c) * s.outH() + p) * s.outW() + q] = (value - mean[c]) / std[c];
                    }
                }
            }
        }
    }
}
