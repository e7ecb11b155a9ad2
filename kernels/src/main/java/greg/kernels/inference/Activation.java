package greg.kernels.inference;

/** An activation function that can follow another operation in the same pass over memory. */
public enum Activation {
    /** y = x. */
    NONE,
    /** y = max(x, 0). */
    RELU,
    /** y = min(max(x, 0), 6). */
    RELU6,
    /** y = 1 / (1 + exp(-x)). */
    SIGMOID,
    /** y = x sigmoid(x). */
    SILU
}
