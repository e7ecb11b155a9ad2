/** Experiments on small networks that show why a way of pruning works: exhaustive comparison, singular values. */
package greg.pruning.study;
