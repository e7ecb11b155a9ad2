package greg.kernels.cpu;

import greg.kernels.spec.BiasSpec;
import java.util.Arrays;

/** dbias[c] = sum over n and s of dy[n,c,s] in any layout; oneDNN's own reduction over such axes is naive. */
final class BiasGradient {
    private float[] row = new float[0];
    private double[] sums = new double[0];
    private float[] result = new float[0];

    void run(BiasSpec spec, CpuStorage dy, CpuStorage dbias) {
        int channels = spec.channels();
        int pixels = spec.h() * spec.w();
        int wide = pixels == 1 ? channels : dy.layout().together(channels);
        int length = wide * pixels;
        if (row.length < length) row = new float[length];
        if (sums.length < channels) {
            sums = new double[channels];
            result = new float[channels];
        }
        Arrays.fill(sums, 0, channels, 0);
        long at = 0;
        for (int n = 0; n < spec.n(); n++) {
            for (int c = 0; c < channels; c += wide) {
                dy.read(at, row, 0, length);
                at += length;
                accumulate(c, wide, pixels);
            }
        }
        for (int c = 0; c < channels; c++) result[c] = (float) sums[c];
        dbias.block.write(0, result, 0, channels);
        dbias.wrotePlain();
    }

    private void accumulate(int first, int wide, int pixels) {
        if (wide == 1) {
            double sum = 0;
            for (int i = 0; i < pixels; i++) sum += row[i];
            sums[first] += sum;
            return;
        }
        for (int i = 0; i < pixels; i++) {
            for (int c = 0; c < wide; c++) sums[first + c] += row[i * wide + c];
        }
    }
}
