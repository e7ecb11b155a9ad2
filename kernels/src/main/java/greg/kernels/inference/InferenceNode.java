package greg.kernels.inference;

import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.UpsampleNearestSpec;
import java.util.List;

/**
 * One operation of an {@link InferenceGraph}. Sizes are those for one image; values are numbered, 0 is the image. Everything that
 * has no operation here is one of these: a fully connected layer is a convolution whose kernel covers its input, the mean over all
 * positions a pooling, a shortcut of option A a convolution with weights 0 and 1.
 */
public sealed interface InferenceNode {
    /** The layer, for tables of times. */
    String name();

    /** The values that it reads. */
    List<Integer> inputs();

    /** (1, C, H, W) of the value that it computes. */
    int[] yDims();

    /** The same operation with a function as its last part, or null where that is an operation of its own. */
    default InferenceNode then(Activation function) {
        return null;
    }

    /** Multiply-accumulates for one image. */
    default long macs() {
        return 0;
    }

    /**
     * y = activation(w * x + b + residual).
     *
     * @param residual a value of y's size, or {@link #NO_RESIDUAL}
     * @param weight (Cout, Cin/groups, KH, KW), dense
     * @param bias (Cout)
     */
    record Convolution(
            String name, Conv2dSpec spec, int x, int residual, float[] weight, float[] bias, Activation activation)
            implements InferenceNode {
        /** The number of no value. */
        public static final int NO_RESIDUAL = -1;

        @Override
        public List<Integer> inputs() {
            return residual == NO_RESIDUAL ? List.of(x) : List.of(x, residual);
        }

        @Override
        public int[] yDims() {
            return spec.yDims();
        }

        @Override
        public Convolution then(Activation function) {
            if (activation != Activation.NONE) return null;
            return new Convolution(name, spec, x, residual, weight, bias, function);
        }

        /** Whether a sum may still become part of it. */
        public boolean takesResidual() {
            return residual == NO_RESIDUAL && activation == Activation.NONE;
        }

        /** The same convolution plus a value. */
        public Convolution plus(int value) {
            return new Convolution(name, spec, x, value, weight, bias, activation);
        }

        /** scale (w * x + b) + shift, per channel: w' = scale w, b' = scale b + shift; only where {@link #takesResidual}. */
        public Convolution scaled(double[] scale, double[] shift) {
            float[] w = weight.clone();
            float[] b = bias.clone();
            int filter = w.length / b.length;
            for (int k = 0; k < b.length; k++) {
                for (int i = k * filter; i < (k + 1) * filter; i++) w[i] = (float) (w[i] * scale[k]);
                b[k] = (float) (b[k] * scale[k] + shift[k]);
            }
            return new Convolution(name, spec, x, residual, w, b, activation);
        }

        @Override
        public long macs() {
            return spec.macs();
        }
    }

    /** Max or average pooling. */
    record Pooling(String name, Pool2dSpec spec, int x) implements InferenceNode {
        @Override
        public List<Integer> inputs() {
            return List.of(x);
        }

        @Override
        public int[] yDims() {
            return spec.yDims();
        }
    }

    /** y = activation(x), where it cannot be part of the operation before. */
    record Function(String name, int[] yDims, int x, Activation activation) implements InferenceNode {
        @Override
        public List<Integer> inputs() {
            return List.of(x);
        }
    }

    /**
     * y = activation(a + b) or activation(a b).
     *
     * @param product whether they are multiplied
     * @param perChannel whether b is (1, C, 1, 1): one factor or term per channel of each image
     */
    record Binary(String name, int[] yDims, int a, int b, boolean product, boolean perChannel, Activation activation)
            implements InferenceNode {
        @Override
        public List<Integer> inputs() {
            return List.of(a, b);
        }

        @Override
        public Binary then(Activation function) {
            if (activation != Activation.NONE) return null;
            return new Binary(name, yDims, a, b, product, perChannel, function);
        }
    }

    /** Values beside each other along the channels. */
    record Concatenation(String name, ConcatSpec spec, List<Integer> inputs) implements InferenceNode {
        @Override
        public int[] yDims() {
            return spec.yDims();
        }
    }

    /** Pixels repeated in both directions. */
    record Upsampling(String name, UpsampleNearestSpec spec, int x) implements InferenceNode {
        @Override
        public List<Integer> inputs() {
            return List.of(x);
        }

        @Override
        public int[] yDims() {
            return spec.yDims();
        }
    }
}
