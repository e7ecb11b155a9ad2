package greg.nn.init;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.datasets.random.SplitMix;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrthogonalInitTest {
    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "5,5", "8,27", "27,8", "64,64", "40,300"})
    void allSingularValuesAreOne(int rows, int columns) {
        float[] values = OrthogonalInit.matrix(rows, columns, new SplitMix(3));
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) matrix[i][j] = values[i * columns + j];
        double[] singular = new SingularValueDecomposition(new Array2DRowRealMatrix(matrix)).getSingularValues();
        assertEquals(Math.min(rows, columns), singular.length);
        for (double s : singular) assertEquals(1, s, 1e-6);
    }

    @Test
    void theSeedDecidesAndSignsAreNotTheLibrarysConvention() {
        assertArrayEquals(
                OrthogonalInit.matrix(4, 9, SplitMix.of(1, "test")),
                OrthogonalInit.matrix(4, 9, SplitMix.of(1, "test")));
        int positive = 0;
        for (int seed = 0; seed < 200; seed++)
            if (OrthogonalInit.matrix(1, 1, SplitMix.of(seed, "test"))[0] > 0) positive++;
        assertTrue(positive > 70 && positive < 130, positive + " of 200 are +1");
        assertThrows(IllegalArgumentException.class, () -> OrthogonalInit.matrix(0, 3, SplitMix.of(1, "test")));
    }

    /** Columns a millionth apart: squaring them alone would leave three digits. */
    @Test
    void nearlySingularMatricesComeOutOrthogonalToo() {
        double[][] a = {{1, 1}, {1, 1 + 1e-6}, {0, 0}};
        OrthogonalInit.thinQ(a);
        double half = Math.sqrt(0.5);
        double[][] q = {{half, -half}, {half, half}, {0, 0}};
        for (int i = 0; i < 3; i++) assertArrayEquals(q[i], a[i], 1e-9, "row " + i);
    }
}
