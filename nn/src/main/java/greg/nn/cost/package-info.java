/** What a network costs: parameters and multiply-accumulates, counted from one dry pass. */
package greg.nn.cost;
