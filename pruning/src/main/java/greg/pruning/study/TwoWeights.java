package greg.pruning.study;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * Section 3 of the paper on the smallest example: a loss L(w) = 1/2 (w - w*)^T H (w - w*) of two weights, to which a penalty
 * lambda/2 |w|^2 is added. The equations are exact here, since the loss is a quadratic.
 *
 * @param h11 second derivative by the first weight
 * @param h12 mixed second derivative
 * @param h22 second derivative by the second weight
 * @param w1 first weight at the minimum w* without a penalty
 * @param w2 second weight there
 */
public record TwoWeights(double h11, double h12, double h22, double w1, double w2) {
    /** Three to look at, by the name of what is special about them. */
    public static final Map<String, TwoWeights> EXAMPLES = examples();

    private static Map<String, TwoWeights> examples() {
        Map<String, TwoWeights> examples = new LinkedHashMap<>();
        examples.put("diagonal Hessian", new TwoWeights(1, 0, 0.1, 1, 1));
        examples.put("weakly coupled", new TwoWeights(1, 0.1, 0.25, 1, 1));
        examples.put("strongly coupled", new TwoWeights(1, -0.5, 0.5, 1, 2));
        return Collections.unmodifiableMap(examples);
    }

    /** Refuses losses without a minimum. */
    public TwoWeights {
        if (!(h11 > 0 && h11 * h22 > h12 * h12)) {
            throw new IllegalArgumentException(
                    "two weights: expected a positive definite Hessian, got " + h11 + ", " + h12 + ", " + h22);
        }
    }

    private RealMatrix hessian() {
        return new Array2DRowRealMatrix(new double[][] {{h11, h12}, {h12, h22}});
    }

    private RealVector atRest() {
        return new ArrayRealVector(new double[] {w1, w2});
    }

    /** Where the forces of loss and penalty are in equilibrium (eq. 4): w' = (H + lambda I)^-1 H w* (eq. 5). */
    public double[] equilibrium(double lambda) {
        RealMatrix penalised =
                hessian().add(MatrixUtils.createRealIdentityMatrix(2).scalarMultiply(lambda));
        return new LUDecomposition(penalised)
                .getSolver()
                .solve(hessian().operate(atRest()))
                .toArray();
    }

    /** What is left of each weight, w'_i / w*_i, by equation 5. */
    public double[] ratios(double lambda) {
        double[] w = equilibrium(lambda);
        return new double[] {w[0] / w1, w[1] / w2};
    }

    /** What is left of a weight where H is diagonal: r = 1 / (lambda / h + 1) (eq. 6). */
    public static double diagonalRatio(double h, double lambda) {
        return 1 / (lambda / h + 1);
    }

    /**
     * What is left of each weight by equations 7 and 8: r_1 = (h11 h22 + h11 lambda - h12^2) / |H + lambda I|, and the same with
     * h22 for r_2. They leave out the terms lambda h12 w*_2 / w*_1 and lambda h12 w*_1 / w*_2 of equation 5. Their
     * order, which of the two is larger, is right where |h11 - h22| is larger than |h12| |w*_2 / w*_1 - w*_1 / w*_2|; their values are exact
     * only where h12 is 0.
     */
    public double[] approximateRatios(double lambda) {
        double determinant = (h11 + lambda) * (h22 + lambda) - h12 * h12;
        double common = h11 * h22 - h12 * h12;
        return new double[] {(common + h11 * lambda) / determinant, (common + h22 * lambda) / determinant};
    }

    /**
     * Gradient descent from w* while lambda grows as in the pruners: lambda += delta lambda, then some steps, again and again.
     *
     * @param rate learning rate
     * @param step delta lambda
     * @param steps of descent between two updates of lambda (K_u)
     * @param updates of lambda
     * @return the weights before the first update and after the steps of each
     */
    public List<double[]> descend(double rate, double step, int steps, int updates) {
        List<double[]> path = new ArrayList<>();
        RealVector w = atRest();
        path.add(w.toArray());
        for (int update = 1; update <= updates; update++) {
            double lambda = update * step;
            for (int i = 0; i < steps; i++) {
                RealVector gradient = hessian().operate(w.subtract(atRest())).add(w.mapMultiply(lambda));
                w = w.subtract(gradient.mapMultiply(rate));
            }
            path.add(w.toArray());
        }
        return path;
    }

    /**
     * Both ratios while lambda grows to {@code most}: descent as points, the equations as lines.
     *
     * @param updates of lambda until then
     */
    public Figure figure(String name, double most, int updates) {
        double[] lambda = new double[updates + 1];
        double[][] found = new double[2][updates + 1];
        double[][] exact = new double[2][updates + 1];
        double[][] approximate = new double[2][updates + 1];
        List<double[]> path = descend(0.1, most / updates, 100, updates);
        for (int u = 0; u <= updates; u++) {
            lambda[u] = u * most / updates;
            found[0][u] = path.get(u)[0] / w1;
            found[1][u] = path.get(u)[1] / w2;
            for (int i = 0; i < 2; i++) {
                exact[i][u] = ratios(lambda[u])[i];
                approximate[i][u] = approximateRatios(lambda[u])[i];
            }
        }
        return new Figure(
                        String.format(
                                Locale.ROOT, "%s: h11 %s, h12 %s, h22 %s, w* = (%s, %s)", name, h11, h12, h22, w1, w2),
                        Figure.Axis.linear("lambda"),
                        Figure.Axis.linear("what is left of the weight, w' / w*"))
                .points("weight 1, gradient descent", lambda, found[0])
                .points("weight 2, gradient descent", lambda, found[1])
                .line("weight 1, equation 5", lambda, exact[0])
                .line("weight 2, equation 5", lambda, exact[1])
                .line("weight 1, equation 7", lambda, approximate[0])
                .line("weight 2, equation 8", lambda, approximate[1]);
    }
}
