package greg.tensor.testing;

import greg.kernels.Backend;
import greg.kernels.Workspace;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/**
 * Inputs that Java and Python compute identically: element i is ((i * mul) mod mod - mod / 2) / 8, exact in float32. With a
 * prime {@code mod} above the element count all values differ by 1/8 or more, which keeps finite differences off the kinks
 * of max pooling; {@code mod} also bounds them, to mod / 16.
 *
 * <p>The scripts above the golden numbers of the op tests run after this prelude, in PyTorch 1.13:
 *
 * <pre>
 * import torch, torch.nn.functional as F
 * torch.set_default_dtype(torch.float64)
 * def pat(mul, mod, *shape):
 *     n = torch.Size(shape).numel()
 *     return ((torch.arange(n) * mul % mod - mod // 2) / 8).reshape(shape).requires_grad_()
 * def project(y):  # the loss of the tests; its gradient is the projection itself
 *     (y * pat(11, 19, *y.shape).detach()).sum().backward()
 * def show(**values):
 *     for k, v in values.items():
 *         print(k, *["%.8g" % e for e in v.detach().flatten().tolist()])
 * </pre>
 */
public final class Patterns {
    private Patterns() {}

    /** The pattern as an array. */
    public static float[] values(int mul, int mod, Shape shape) {
        return Workspace.ramp(mul, mod, 8, shape.dims());
    }

    /** The pattern as a leaf that requires a gradient; the caller closes it. */
    public static Tensor parameter(Backend backend, int mul, int mod, int... dims) {
        Shape shape = Shape.of(dims);
        return Tensor.parameter(backend, shape, values(mul, mod, shape));
    }

    /** The pattern as a tensor that requires no gradient; the caller closes it. */
    public static Tensor constant(Backend backend, int mul, int mod, int... dims) {
        Shape shape = Shape.of(dims);
        return Tensor.of(backend, shape, values(mul, mod, shape));
    }

    /** The pattern moved up by 1/16, a leaf: no element is closer to 0 than that. */
    public static Tensor offZero(Backend backend, int mul, int mod, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = values(mul, mod, shape);
        for (int i = 0; i < values.length; i++) values[i] += 0.0625f;
        return Tensor.parameter(backend, shape, values);
    }

    /** Numbers between white space, as the scripts print them. */
    public static float[] numbers(String text) {
        String[] words = text.strip().split("\\s+");
        float[] out = new float[words.length];
        for (int i = 0; i < out.length; i++) out[i] = Float.parseFloat(words[i]);
        return out;
    }

    /** The upstream gradient of {@link Projection} in the tests. */
    public static float[] projection(Shape shape) {
        return values(11, 19, shape);
    }
}
