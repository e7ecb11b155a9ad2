/**
 * Tensors, scopes that own them, and the tape. Gradient rules live in the ops ({@link greg.tensor.op}); only {@link
 * greg.tensor.Backprop} accumulates gradients.
 */
package greg.tensor;
