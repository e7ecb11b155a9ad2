/** Training: input, the loop and its hooks, evaluation. */
package greg.nn.train;
