/** Feeding, stepping, evaluating; loops with hooks. */
package greg.nn.train;
