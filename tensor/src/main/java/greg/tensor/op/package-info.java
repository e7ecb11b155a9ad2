/** One class an op: the forward function, and right under it the gradient rule. */
package greg.tensor.op;
