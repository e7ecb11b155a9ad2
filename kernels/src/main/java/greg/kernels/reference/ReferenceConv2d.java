package greg.kernels.reference;

import static greg.kernels.reference.ReferenceStorage.floats;
import static greg.kernels.reference.ReferenceStorage.floatsOut;

import greg.kernels.Conv2dKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Conv2dSpec;
import java.util.Arrays;

/**
 * Direct convolution. The three methods are one loop over the terms w[o,c,i,j] x[n,c,row,column] of y[n,o,p,q]: each
 * visits all terms and adds to what it computes, in double.
 */
final class ReferenceConv2d implements Conv2dKernels {
    /** y (N, Cout, OH, OW) from x (N, Cin, H, W), w (Cout, Cin/groups, KH, KW) and the bias (Cout) or null. */
    @Override
    public void forward(Conv2dSpec s, Storage xs, Storage ws, Storage biases, Storage ys) {
        float[] x = floats(xs);
        float[] w = floats(ws);
        float[] bias = biases == null ? null : floats(biases);
        float[] y = floatsOut(ys);
        double[] plane = new double[s.outH() * s.outW()];
        for (int n = 0; n < s.n(); n++) {
            for (int o = 0; o < s.outChannels(); o++) {
                Arrays.fill(plane, bias == null ? 0 : bias[o]);
                for (int c = 0; c < inGroup(s); c++) {
                    int xPlane = (n * s.inChannels() + firstInput(s, o) + c) * s.h() * s.w();
                    for (int i = 0; i < s.kernelH(); i++) {
                        for (int j = 0; j < s.kernelW(); j++) {
                            double weight = w[((o * inGroup(s) + c) * s.kernelH() + i) * s.kernelW() + j];
                            int q0 = firstColumn(s, j);
                            int q1 = endColumn(s, j);
                            for (int p = firstRow(s, i); p < endRow(s, i); p++) {
                                int xRow = xPlane + row(s, p, i) * s.w() + j * s.dilationW() - s.padW();
                                int yRow = p * s.outW();
                                for (int q = q0; q < q1; q++) plane[yRow + q] += weight * x[xRow + q * s.strideW()];
                            }
                        }
                    }
                }
                round(plane, y, (n * s.outChannels() + o) * plane.length);
            }
        }
    }

    /** dx[n,c,row,column] += w[o,c,i,j] dy[n,o,p,q] over all terms. */
    @Override
    public void backwardData(Conv2dSpec s, Storage ws, Storage dys, Storage dxs) {
        backwardData(s, floats(ws), floats(dys), floatsOut(dxs), false);
    }

    @Override
    public boolean accumulates(Conv2dSpec spec) {
        return true;
    }

    @Override
    public void addBackwardData(Conv2dSpec s, Storage ws, Storage dys, Storage dxs) {
        floats(dxs); // read as well: an output alone need not have been written
        backwardData(s, floats(ws), floats(dys), floatsOut(dxs), true);
    }

    private static void backwardData(Conv2dSpec s, float[] w, float[] dy, float[] dx, boolean accumulate) {
        double[] plane = new double[s.h() * s.w()];
        int outGroup = s.outChannels() / s.groups();
        for (int n = 0; n < s.n(); n++) {
            for (int channel = 0; channel < s.inChannels(); channel++) {
                Arrays.fill(plane, 0);
                int group = channel / inGroup(s);
                int c = channel % inGroup(s);
                for (int o = group * outGroup; o < (group + 1) * outGroup; o++) {
                    int yPlane = (n * s.outChannels() + o) * s.outH() * s.outW();
                    for (int i = 0; i < s.kernelH(); i++) {
                        for (int j = 0; j < s.kernelW(); j++) {
                            double weight = w[((o * inGroup(s) + c) * s.kernelH() + i) * s.kernelW() + j];
                            int q0 = firstColumn(s, j);
                            int q1 = endColumn(s, j);
                            for (int p = firstRow(s, i); p < endRow(s, i); p++) {
                                int xRow = row(s, p, i) * s.w() + j * s.dilationW() - s.padW();
                                int yRow = yPlane + p * s.outW();
                                for (int q = q0; q < q1; q++) plane[xRow + q * s.strideW()] += weight * dy[yRow + q];
                            }
                        }
                    }
                }
                int start = (n * s.inChannels() + channel) * plane.length;
                if (!accumulate) {
                    round(plane, dx, start);
                } else {
                    for (int i = 0; i < plane.length; i++) dx[start + i] += (float) plane[i];
                }
            }
        }
    }

    /** dw[o,c,i,j] += x[n,c,row,column] dy[n,o,p,q] and db[o] += dy[n,o,p,q] over all terms. */
    @Override
    public void backwardWeights(Conv2dSpec s, Storage xs, Storage dys, Storage dws, Storage dbs) {
        float[] x = floats(xs);
        float[] dy = floats(dys);
        float[] dw = floatsOut(dws);
        int yPlane = s.outH() * s.outW();
        for (int o = 0; o < s.outChannels(); o++) {
            for (int c = 0; c < inGroup(s); c++) {
                for (int i = 0; i < s.kernelH(); i++) {
                    for (int j = 0; j < s.kernelW(); j++) {
                        int q0 = firstColumn(s, j);
                        int q1 = endColumn(s, j);
                        double sum = 0;
                        for (int n = 0; n < s.n(); n++) {
                            int xPlane = (n * s.inChannels() + firstInput(s, o) + c) * s.h() * s.w();
                            for (int p = firstRow(s, i); p < endRow(s, i); p++) {
                                int xRow = xPlane + row(s, p, i) * s.w() + j * s.dilationW() - s.padW();
                                int yRow = (n * s.outChannels() + o) * yPlane + p * s.outW();
                                for (int q = q0; q < q1; q++) {
                                    sum += (double) x[xRow + q * s.strideW()] * dy[yRow + q];
                                }
                            }
                        }
                        dw[((o * inGroup(s) + c) * s.kernelH() + i) * s.kernelW() + j] = (float) sum;
                    }
                }
            }
        }
        if (dbs == null) return;
        float[] db = floatsOut(dbs);
        for (int o = 0; o < s.outChannels(); o++) {
            double sum = 0;
            for (int n = 0; n < s.n(); n++) {
                int start = (n * s.outChannels() + o) * yPlane;
                for (int p = start; p < start + yPlane; p++) sum += dy[p];
            }
            db[o] = (float) sum;
        }
    }

    /** Input channels that one output channel sees. */
    private static int inGroup(Conv2dSpec s) {
        return s.inChannels() / s.groups();
    }

    /** The first input channel that output channel {@code o} sees. */
    private static int firstInput(Conv2dSpec s, int o) {
        return o / (s.outChannels() / s.groups()) * inGroup(s);
    }

    /** The input row under kernel row {@code i} at output row {@code p}. */
    private static int row(Conv2dSpec s, int p, int i) {
        return p * s.strideH() - s.padH() + i * s.dilationH();
    }

    private static int firstRow(Conv2dSpec s, int i) {
        return first(s.padH() - i * s.dilationH(), s.strideH());
    }

    private static int endRow(Conv2dSpec s, int i) {
        return Math.min(s.outH(), first(s.h() + s.padH() - i * s.dilationH(), s.strideH()));
    }

    private static int firstColumn(Conv2dSpec s, int j) {
        return first(s.padW() - j * s.dilationW(), s.strideW());
    }

    private static int endColumn(Conv2dSpec s, int j) {
        return Math.min(s.outW(), first(s.w() + s.padW() - j * s.dilationW(), s.strideW()));
    }

    /** The smallest p >= 0 with p stride >= bound: where a kernel tap enters the input, or has left it. */
    private static int first(int bound, int stride) {
        return bound <= 0 ? 0 : (bound + stride - 1) / stride;
    }

    private static void round(double[] plane, float[] out, int start) {
        for (int i = 0; i < plane.length; i++) out[start + i] = (float) plane[i];
    }
}
