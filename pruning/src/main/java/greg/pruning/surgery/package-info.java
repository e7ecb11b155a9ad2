/**
 * What a network loses: a {@link greg.pruning.surgery.PruningPlan} says it (filters that are cut out, or single weights that
 * are held at zero), {@link greg.pruning.surgery.Removal} cuts, {@link greg.pruning.surgery.Reinit} gives what is left new
 * weights.
 */
package greg.pruning.surgery;
