package greg.nn.init;

import greg.datasets.random.SplitMix;

/**
 * Random matrices with orthonormal rows, or columns where there are fewer of those: all singular values are 1, so signals
 * keep their length on the way through a deep linear network (Saxe et al. 2014). A kernel (out, in, h, w) is taken as the
 * matrix (out, in h w).
 */
public final class OrthogonalInit {
    private OrthogonalInit() {}

    /**
     * A matrix Q, row-major, drawn uniformly from the orthogonal ones: the Q of A = Q R, with A a matrix of normal numbers
     * and R upper triangular with a positive diagonal, without which the choice of signs would bias it.
     *
     * @param random its stream
     * @return rows * columns values; Q Q^T = 1 if rows &lt;= columns, else Q^T Q = 1, to float rounding
     */
    public static float[] matrix(int rows, int columns, SplitMix random) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException(
                    "orthogonal init: expected at least one row and column, got " + rows + " x " + columns);
        }
        int tall = Math.max(rows, columns);
        int narrow = Math.min(rows, columns);
        double[][] a = new double[tall][narrow];
        for (double[] row : a) {
            for (int j = 0; j < narrow; j++) row[j] = random.gaussian();
        }
        thinQ(a);
        float[] values = new float[rows * columns];
        for (int i = 0; i < tall; i++) {
            for (int j = 0; j < narrow; j++) values[rows == tall ? i * columns + j : j * columns + i] = (float) a[i][j];
        }
        return values;
    }

    /** Turns A into Q in place. */
    static void thinQ(double[][] a) {
        // one pass leaves an error of cond(A)^2 roundings, and a square normal matrix may have a large condition
        // number; the result is so close to orthogonal that a second pass removes the error
        orthonormalize(a);
        orthonormalize(a);
    }

    /** Turns A into A R^-1 in place, R the Cholesky factor of A^T A = R^T R: the columns become orthonormal. */
    private static void orthonormalize(double[][] a) {
        double[][] r = cholesky(gram(a));
        for (double[] row : a) {
            for (int k = 0; k < row.length; k++) {
                double q = row[k] /= r[k][k];
                for (int j = k + 1; j < row.length; j++) row[j] -= q * r[k][j];
            }
        }
    }

    /** The upper triangle of A^T A. */
    private static double[][] gram(double[][] a) {
        int n = a[0].length;
        double[][] g = new double[n][n];
        for (double[] row : a) {
            for (int i = 0; i < n; i++) {
                double v = row[i];
                for (int j = i; j < n; j++) g[i][j] += v * row[j];
            }
        }
        return g;
    }

    /** Overwrites the upper triangle of a positive definite matrix by R. */
    private static double[][] cholesky(double[][] g) {
        for (int k = 0; k < g.length; k++) {
            double root = Math.sqrt(g[k][k]);
            for (int j = k; j < g.length; j++) g[k][j] /= root;
            for (int i = k + 1; i < g.length; i++) {
                double v = g[k][i];
                for (int j = i; j < g.length; j++) g[i][j] -= v * g[k][j];
            }
        }
        return g;
    }
}
