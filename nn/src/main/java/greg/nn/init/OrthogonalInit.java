package greg.nn.init;

import greg.datasets.random.SplitMix;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * Random matrices with orthonormal rows, or columns where there are fewer of those: all singular values are 1, so signals
 * keep their length on the way through a deep linear network (Saxe et al. 2014). A kernel (out, in, h, w) is taken as the
 * matrix (out, in h w).
 */
public final class OrthogonalInit {
    private OrthogonalInit() {}

    /**
     * A matrix Q, row-major, drawn uniformly from the orthogonal ones: Q of the QR decomposition of a normal matrix, each
     * column multiplied by the sign of R's diagonal, without which the decomposition's convention would bias it.
     *
     * @param random its stream
     * @return rows * columns values; Q Q^T = 1 if rows <= columns, else Q^T Q = 1, to float rounding
     */
    public static float[] matrix(int rows, int columns, SplitMix random) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException(
                    "orthogonal init: expected at least one row and column, got " + rows + " x " + columns);
        }
        int tall = Math.max(rows, columns);
        int narrow = Math.min(rows, columns);
        RealMatrix normal = MatrixUtils.createRealMatrix(tall, narrow);
        for (int i = 0; i < tall; i++) {
            for (int j = 0; j < narrow; j++) normal.setEntry(i, j, random.gaussian());
        }
        double[][] q = normal.getData();
        double[][] r = new QRDecomposition(normal).getR().getData();
        orthonormalize(q, r);
        float[] values = new float[rows * columns];
        for (int i = 0; i < tall; i++) {
            for (int j = 0; j < narrow; j++) {
                double v = r[j][j] < 0 ? -q[i][j] : q[i][j];
                values[rows == tall ? i * columns + j : j * columns + i] = (float) v;
            }
        }
        return values;
    }

    /**
     * Turns A into the thin Q of A = Q R, in place, by solving for one row after the other. The library would make all
     * tall x tall of Q. R of a normal matrix is far from singular, so this is orthogonal to well below float rounding.
     */
    private static void orthonormalize(double[][] a, double[][] r) {
        for (double[] row : a) {
            for (int j = 0; j < row.length; j++) {
                double rest = row[j];
                for (int k = 0; k < j; k++) rest -= row[k] * r[k][j];
                row[j] = rest / r[j][j];
            }
        }
    }
}
