/** Experiments on small networks that show why a way of pruning is good: exhaustive comparison, singular values. */
package greg.pruning.study;
