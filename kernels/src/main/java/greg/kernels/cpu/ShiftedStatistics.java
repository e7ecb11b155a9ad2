package greg.kernels.cpu;

import greg.kernels.spec.BatchNormSpec;

/**
 * Mean and variance of channels whose values lie far from 0 for their spread.
 *
 * <p>oneDNN adds up the mean in float32, which leaves an error of some 1e-6 of it. What is normalized moves by that error over the
 * spread: for values near 5 with a spread of 0.001 by 0.002. Such channels are summed again, in double and with oneDNN's mean m
 * subtracted first, so that nothing cancels: mean = m + s/M, var = q/M - (s/M)^2 with s = sum (x - m), q = sum (x - m)^2. One
 * thread does it, which takes longer than the normalization itself, so others are left out.
 */
final class ShiftedStatistics {
    /** |mean| over the spread from which a channel is summed again; below, what moves is at most 1e-4. */
    private static final double FAR = 16;

    private static final int CHUNK = 1 << 13;

    private float[] chunk = new float[0];

    /** Replaces the statistics of the channels that need it; returns whether there are any. */
    boolean refine(BatchNormSpec spec, Layout layout, CpuStorage x, float[] mean, float[] var) {
        int channels = spec.channels();
        boolean[] far = new boolean[channels];
        for (int c = 0; c < channels; c++) {
            far[c] = (double) mean[c] * mean[c] > FAR * FAR * ((double) var[c] + spec.eps());
        }
        if (!any(far, 0, channels)) return false;
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        sum(spec, layout, x, mean, far, sums, squares);
        double count = spec.reduction();
        for (int c = 0; c < channels; c++) {
            if (!far[c]) continue;
            double shift = sums[c] / count;
            mean[c] = (float) (mean[c] + shift);
            var[c] = (float) (squares[c] / count - shift * shift);
        }
        return true;
    }

    private static boolean any(boolean[] flags, int first, int count) {
        for (int i = first; i < first + count; i++) if (flags[i]) return true;
        return false;
    }

    private void sum(
            BatchNormSpec spec,
            Layout layout,
            CpuStorage x,
            float[] mean,
            boolean[] far,
            double[] sums,
            double[] squares) {
        int channels = spec.channels();
        int width = layout.together(channels);
        int pixels = spec.h() * spec.w();
        int most = Math.min(pixels, Math.max(1, CHUNK / width));
        if (chunk.length < most * width) chunk = new float[most * width];
        long at = 0;
        for (int first = 0; at < spec.reduction() * channels; first = (first + width) % channels) {
            if (!any(far, first, width)) {
                at += (long) pixels * width;
                continue;
            }
            for (int left = pixels; left > 0; left -= most) {
                int now = Math.min(most, left);
                x.read(at, chunk, 0, now * width);
                at += (long) now * width;
                add(now, width, first, mean, sums, squares);
            }
        }
    }

    private void add(int pixels, int width, int first, float[] mean, double[] sums, double[] squares) {
        for (int p = 0; p < pixels; p++) {
            for (int i = 0; i < width; i++) {
                double apart = (double) chunk[p * width + i] - mean[first + i];
                sums[first + i] += apart;
                squares[first + i] += apart * apart;
            }
        }
    }
}
