/**
 * What is done to a network: {@link greg.pruning.surgery.Removal} cuts groups of channels out, a {@link
 * greg.pruning.surgery.PruningPlan} says what was cut or masked, so that a fresh network can be pruned the same way.
 */
package greg.pruning.surgery;
