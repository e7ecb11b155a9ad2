/** One class per op: the forward function, and right under it the gradient rule. */
package greg.tensor.op;
