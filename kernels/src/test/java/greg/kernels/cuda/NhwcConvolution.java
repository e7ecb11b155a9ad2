package greg.kernels.cuda;

import greg.kernels.Workspace;
import greg.kernels.spec.Conv2dSpec;

/**
 * Operands of a problem as arrays in the layouts of the device, and the plain loop over them in double: what any engine must
 * come near to. The padding of x and y holds zeros, as on the device.
 */
final class NhwcConvolution {
    final ConvProblem problem;
    final float[] x;
    final float[] w;
    final float[] y;
    /** The result without what was there before. */
    final double[] result;
    /** The sum of the absolute values of all products, for the tolerance. */
    final double[] magnitude;
    /** Most products in one sum. */
    final int terms;

    private NhwcConvolution(ConvProblem problem, boolean round) {
        this.problem = problem;
        Conv2dSpec s = problem.spec();
        x = padded(1, s.n() * s.h() * s.w(), s.inChannels(), problem.xPitch(), round);
        w = padded(2, (int) problem.wElements(), 1, 1, round);
        y = padded(3, s.n() * s.outH() * s.outW(), s.outChannels(), problem.yPitch(), round);
        result = new double[(int) problem.outputElements()];
        magnitude = new double[result.length];
        terms = switch (problem.kind()) {
            case FORWARD -> s.inChannels() / s.groups() * s.kernelH() * s.kernelW();
            case BACKWARD_DATA -> s.outChannels() / s.groups() * s.kernelH() * s.kernelW();
            case BACKWARD_WEIGHTS -> s.n() * s.outH() * s.outW();
        };
    }

    /** Normal numbers, and the result; {@code round} if they are to be bfloat16. */
    static NhwcConvolution of(ConvProblem problem, boolean round) {
        NhwcConvolution made = new NhwcConvolution(problem, round);
        made.compute();
        return made;
    }

    private static float[] padded(long seed, int rows, int channels, int pitch, boolean round) {
        float[] dense = Workspace.gauss(seed, rows, channels);
        float[] padded = new float[rows * pitch];
        for (int row = 0; row < rows; row++) {
            for (int c = 0; c < channels; c++) {
                float value = dense[row * channels + c];
                padded[row * pitch + c] = round ? CudnnFixture.rounded(value) : value;
            }
        }
        return padded;
    }

    private void compute() {
        Conv2dSpec s = problem.spec();
        int cg = s.inChannels() / s.groups();
        int kg = s.outChannels() / s.groups();
        for (int n = 0; n < s.n(); n++) {
            for (int p = 0; p < s.outH(); p++) {
                for (int q = 0; q < s.outW(); q++) {
                    for (int i = 0; i < s.kernelH(); i++) {
                        for (int j = 0; j < s.kernelW(); j++) {
                            int h = p * s.strideH() - s.padH() + i * s.dilationH();
                            int v = q * s.strideW() - s.padW() + j * s.dilationW();
                            if (h < 0 || h >= s.h() || v < 0 || v >= s.w()) continue;
                            int xAt = ((n * s.h() + h) * s.w() + v) * problem.xPitch();
                            int yAt = ((n * s.outH() + p) * s.outW() + q) * problem.yPitch();
                            for (int k = 0; k < s.outChannels(); k++) {
                                int wAt = ((k * s.kernelH() + i) * s.kernelW() + j) * cg;
                                for (int c = 0; c < cg; c++) add(xAt + k / kg * cg + c, wAt + c, yAt + k);
                            }
                        }
                    }
                }
            }
        }
    }

    private void add(int xAt, int wAt, int yAt) {
        switch (problem.kind()) {
            case FORWARD -> add(yAt, x[xAt], w[wAt]);
            case BACKWARD_DATA -> add(xAt, w[wAt], y[yAt]);
            case BACKWARD_WEIGHTS -> add(wAt, x[xAt], y[yAt]);
        }
    }

    private void add(int at, float a, float b) {
        double product = (double) a * b;
        result[at] += product;
        magnitude[at] += Math.abs(product);
    }
}
