package greg.tensor.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Backend;
import greg.kernels.Compare;
import greg.tensor.Backprop;
import greg.tensor.NoGrad;
import greg.tensor.Scope;
import greg.tensor.Shape;
import greg.tensor.Tensor;
import greg.tensor.op.AddOp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Runs a function of some inputs forward and backward under the loss sum r[i] y[i], r = {@link Patterns#projection}, and
 * checks on the way what holds for every op whatever it computes:
 *
 * <ul>
 *   <li>inputs are the same to the bit afterwards;
 *   <li>the live bytes return to where they were, so no rule keeps one reference too many or returns one too few;
 *   <li>the gradients do not change when something else holds dy too, and dy is not overwritten then;
 *   <li>without a tape the result is the same.
 * </ul>
 */
public final class GradCheck {
    /** Between two paths through the same kernels; other layouts may sum in another order. */
    private static final double SAME = 1e-5;

    private GradCheck() {}

    /**
     * The result.
     *
     * @param gradients one per input that requires a gradient, in the order of the inputs
     */
    public record Result(Shape shape, float[] y, List<float[]> gradients) {
        /** Compares everything with what is expected: the shape first, then each value to {@code abs + rel |expected|}. */
        public void expect(double abs, double rel, Shape shape, float[] y, float[]... gradients) {
            assertEquals(shape, this.shape, "shape of y");
            Compare.close("y", y, this.y, abs, rel);
            assertEquals(gradients.length, this.gradients.size(), "number of gradients");
            for (int i = 0; i < gradients.length; i++) {
                Compare.close("gradient " + i, gradients[i], this.gradients.get(i), abs, rel);
            }
        }
    }

    /** Forward, backward and the checks above. {@code f} is called five times, each time in a scope of its own. */
    public static Result run(Supplier<Tensor> f, Tensor... inputs) {
        Backend backend = inputs[0].backend();
        List<float[]> before = values(inputs);
        shared(f, plain(f, inputs), inputs); // plans and packed weights created now stay with the backend
        long baseline = backend.memory().liveBytes();
        Result result = plain(f, inputs);
        assertEquals(baseline, backend.memory().liveBytes(), "live bytes after a backward pass");
        shared(f, result, inputs);
        assertEquals(baseline, backend.memory().liveBytes(), "live bytes after a backward pass with a shared dy");
        List<float[]> after = values(inputs);
        for (int i = 0; i < inputs.length; i++) {
            assertArrayEquals(before.get(i), after.get(i), "input " + i + " was overwritten");
        }
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            Tensor y = f.get();
            assertNull(y.node(), "expected no tape");
            Compare.close("forward without a tape", result.y, y.toHost(), SAME, SAME);
        }
        assertEquals(baseline, backend.memory().liveBytes(), "live bytes after a forward pass");
        return result;
    }

    private static Result plain(Supplier<Tensor> f, Tensor... inputs) {
        try (Scope scope = Scope.open()) {
            Tensor y = f.get();
            Backprop.run(Projection.apply(y, Patterns.projection(y.shape())));
            return new Result(y.shape(), y.toHost(), gradients(inputs));
        }
    }

    /** y + 0 passes one dy to both sides; the rule under test must then leave it alone. */
    private static void shared(Supplier<Tensor> f, Result expected, Tensor... inputs) {
        Backend backend = inputs[0].backend();
        float[] r = Patterns.projection(expected.shape);
        try (Scope scope = Scope.open();
                Tensor zero = Tensor.parameter(backend, expected.shape, new float[r.length])) {
            Backprop.run(Projection.apply(AddOp.apply(f.get(), zero), r));
            assertArrayEquals(r, zero.gradientToHost(), "a dy that is held elsewhere was overwritten");
            List<float[]> actual = gradients(inputs);
            for (int i = 0; i < actual.size(); i++) {
                Compare.close("gradient " + i + ", dy shared", expected.gradients.get(i), actual.get(i), SAME, SAME);
            }
        }
    }

    private static List<float[]> gradients(Tensor... inputs) {
        List<float[]> out = new ArrayList<>();
        for (Tensor input : inputs) {
            if (input.requiresGrad()) out.add(input.gradientToHost());
            else assertNull(input.gradient(), "gradient of an input that requires none");
        }
        return out;
    }

    private static List<float[]> values(Tensor... inputs) {
        List<float[]> out = new ArrayList<>();
        for (Tensor input : inputs) out.add(input.toHost());
        return out;
    }

    /**
     * Compares the gradient rule with central differences (L(x + h) - L(x - h)) / 2h, element by element. Storage is
     * float32, so L carries a rounding error near 1e-7 |L| and the quotient one near 1e-7 |L| / h; the method itself is off
     * by h^2/6 L'''. With values around 1, h = 1e-2 balances the two near 1e-5; an L that is linear in each input alone
     * may take h = 0.5.
     *
     * @param h the step; no input may be within h of a kink
     * @param tolerance allowed difference relative to the largest derivative with respect to the same input
     */
    public static void numeric(Supplier<Tensor> f, double h, double tolerance, Tensor... inputs) {
        List<float[]> analytic = plain(f, inputs).gradients;
        int requiring = 0;
        for (Tensor input : inputs) {
            if (!input.requiresGrad()) continue;
            float[] rule = analytic.get(requiring);
            double[] quotients = quotients(f, h, input);
            double scale = 1e-3;
            for (double q : quotients) scale = Math.max(scale, Math.abs(q));
            for (int i = 0; i < rule.length; i++) {
                double difference = Math.abs(rule[i] - quotients[i]);
                assertTrue(
                        difference <= tolerance * scale,
                        "input " + requiring + " " + input.shape() + ", element " + i + ": rule " + rule[i]
                                + ", finite difference " + quotients[i] + ", largest " + scale);
            }
            requiring++;
        }
        assertTrue(requiring > 0, "no input requires a gradient");
    }

    private static double[] quotients(Supplier<Tensor> f, double h, Tensor input) {
        float[] values = input.toHost();
        double[] out = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            float middle = values[i];
            float high = (float) (middle + h);
            float low = (float) (middle - h);
            values[i] = high;
            double above = loss(f, input, values);
            values[i] = low;
            double below = loss(f, input, values);
            values[i] = middle;
            out[i] = (above - below) / ((double) high - low);
        }
        input.set(values);
        return out;
    }

    private static double loss(Supplier<Tensor> f, Tensor input, float[] values) {
        input.set(values);
        try (Scope scope = Scope.open();
                NoGrad off = NoGrad.begin()) {
            Tensor y = f.get();
            return Projection.dot(y, Patterns.projection(y.shape()));
        }
    }
}
