package greg.kernels.cpu;

import greg.kernels.AugmentKernels;
import greg.kernels.KernelException;
import greg.kernels.Philox;
import greg.kernels.Storage;
import greg.kernels.spec.AugmentSpec;
import java.util.Arrays;

/** Crop, flip and normalize in Java, one image at a time; a table per channel holds the 256 normalized values. */
final class CpuAugment implements AugmentKernels {
    private static final int VALUES = 256;

    private final int[] random = new int[4];
    private AugmentSpec current;
    private float[][] table;
    private byte[] image = new byte[0];
    private float[] window = new float[0];
    private int[] index = new int[0];

    @Override
    public void batch(AugmentSpec spec, Storage images, Storage indices, long seed, long counter, Storage y) {
        prepare(spec);
        CpuStorage source = CpuStorage.of(images);
        CpuStorage target = CpuStorage.of(y);
        CpuStorage.of(indices).block.read(0, index, 0, spec.n());
        int imageBytes = spec.h() * spec.w() * spec.channels();
        int windowLength = spec.channels() * spec.outH() * spec.outW();
        long count = source.length() / imageBytes;
        int roomH = 2 * spec.pad() + spec.h() - spec.outH();
        int roomW = 2 * spec.pad() + spec.w() - spec.outW();
        for (int i = 0; i < spec.n(); i++) {
            if (index[i] < 0 || index[i] >= count) {
                throw new KernelException(
                        "augment: index " + index[i] + " of sample " + i + " is not in [0, " + count + ")");
            }
            source.block.read((long) index[i] * imageBytes, image, 0, imageBytes);
            if (spec.random()) {
                Philox.block(seed, counter + i, Philox.AUGMENT, random);
                int top = Philox.below(random[0], roomH + 1);
                int left = Philox.below(random[1], roomW + 1);
                cut(spec, top, left, spec.flip() && random[2] >>> 31 == 1);
            } else {
                cut(spec, roomH / 2, roomW / 2, false);
            }
            target.write((long) i * windowLength, window, 0, windowLength);
        }
        target.wrotePlain();
    }

    /** Fills {@link #window}, (C, outH, outW), from {@link #image}, (H, W, C). */
    private void cut(AugmentSpec s, int top, int left, boolean flipped) {
        for (int c = 0; c < s.channels(); c++) {
            float[] values = table[c];
            // the last entry is a padding pixel: zero before normalization
            float padding = values[VALUES];
            for (int p = 0; p < s.outH(); p++) {
                int to = (c * s.outH() + p) * s.outW();
                int row = top + p - s.pad();
                if (row < 0 || row >= s.h()) {
                    Arrays.fill(window, to, to + s.outW(), padding);
                    continue;
                }
                int from = row * s.w() * s.channels() + c;
                for (int q = 0; q < s.outW(); q++) {
                    int column = left + (flipped ? s.outW() - 1 - q : q) - s.pad();
                    window[to + q] = column < 0 || column >= s.w()
                            ? padding
                            : values[image[from + column * s.channels()] & 0xFF];
                }
            }
        }
    }

    private void prepare(AugmentSpec spec) {
        if (spec.equals(current)) return;
        current = spec;
        image = new byte[spec.h() * spec.w() * spec.channels()];
        window = new float[spec.channels() * spec.outH() * spec.outW()];
        index = new int[spec.n()];
        table = new float[spec.channels()][VALUES + 1];
        float[] mean = spec.mean();
        float[] std = spec.std();
        for (int c = 0; c < spec.channels(); c++) {
            for (int b = 0; b < VALUES; b++) table[c][b] = (b / 255f - mean[c]) / std[c];
            table[c][VALUES] = (0 - mean[c]) / std[c];
        }
    }
}
