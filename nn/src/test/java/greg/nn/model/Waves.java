package greg.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import greg.nn.NnModule;
import greg.nn.Parameter;
import java.util.Map;
import java.util.Set;

/** Weights and inputs from a formula that Java and PyTorch both compute, and summaries of gradients. */
final class Waves {
    private Waves() {}

    /** scale sin(a i + b), as {@code wave} in the tests' scripts. */
    static float[] wave(int n, double a, double b, double scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) values[i] = (float) (scale * Math.sin(a * i + b));
        return values;
    }

    /** Fills the k-th parameter with sqrt(3/fan) sin((0.7 + 0.1 k) i + k), fan 100 for vectors, plus 1 for BN weights. */
    static void fill(NnModule module, Set<String> norms) {
        int k = 0;
        for (Map.Entry<String, Parameter> entry : module.parameters().entrySet()) {
            var tensor = entry.getValue().tensor();
            int size = (int) tensor.shape().size();
            double fan = tensor.shape().rank() > 1 ? size / tensor.shape().dim(0) : 100;
            float[] values = wave(size, 0.7 + 0.1 * k, k, Math.sqrt(3 / fan));
            if (norms.contains(entry.getKey())) for (int i = 0; i < size; i++) values[i] += 1;
            tensor.set(values);
            k++;
        }
    }

    /** Euclidean norm. */
    static double norm(float[] g) {
        double sum = 0;
        for (float v : g) sum += (double) v * v;
        return Math.sqrt(sum);
    }

    /** Product with sin(1.3 i + 0.5): unlike the norm it notices order and sign. */
    static double projection(float[] g) {
        float[] wave = wave(g.length, 1.3, 0.5, 1);
        double sum = 0;
        for (int i = 0; i < g.length; i++) sum += (double) g[i] * wave[i];
        return sum;
    }

    /** Every value within {@code abs + rel |expected|}; NaN fails. */
    static void close(String what, float[] expected, float[] got, double abs, double rel) {
        assertEquals(expected.length, got.length, what);
        for (int i = 0; i < got.length; i++) {
            if (!(Math.abs(got[i] - expected[i]) <= abs + rel * Math.abs(expected[i]))) {
                fail(what + "[" + i + "]: expected " + expected[i] + ", got " + got[i]);
            }
        }
    }
}
