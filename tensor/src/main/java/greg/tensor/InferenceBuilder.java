package greg.tensor;

import greg.kernels.inference.Activation;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.ShortcutSpec;
import greg.kernels.spec.UpsampleNearestSpec;

/**
 * A network as a {@link greg.kernels.inference.InferenceGraph} while it is being built from a forward pass on one image: each op adds
 * what computes its output, {@link Op#infer}. The builder merges what a backend can do in one pass. Values are numbers.
 */
public interface InferenceBuilder {
    /** What an op returns that has no form here. */
    int NONE = -1;

    /** The value that holds an input of an op; tensors that do not depend on the image have none. */
    int value(Tensor tensor);

    /** The elements of a tensor that does not depend on the image: a parameter, a buffer, or computed from those. */
    float[] constant(Tensor tensor);

    /** A convolution; {@code bias} may be null. */
    int convolution(Conv2dSpec spec, int x, Tensor weight, Tensor bias);

    /** x w^T + b for a weight (O, I); {@code bias} may be null. */
    int linear(int x, Tensor weight, Tensor bias);

    /** scale x + shift, one of each per channel. */
    int affine(int x, double[] scale, double[] shift);

    /** An activation function. */
    int activation(int x, Activation function);

    /** a + b, of one size. */
    int add(int a, int b);

    /** a b, of one size. */
    int multiply(int a, int b);

    /** x times a factor for each channel of each image. */
    int gate(int x, int gate);

    /** Pooling. */
    int pool(Pool2dSpec spec, int x);

    /** The mean over all positions. */
    int globalAveragePool(int x);

    /** Values beside each other along the channels. */
    int concat(ConcatSpec spec, int[] xs);

    /** Pixels repeated in both directions. */
    int upsampleNearest(UpsampleNearestSpec spec, int x);

    /** A parameter-free shortcut. */
    int shortcut(ShortcutSpec spec, int x);
}
