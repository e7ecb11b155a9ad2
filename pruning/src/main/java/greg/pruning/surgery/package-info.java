/**
 * What is done to a network: {@link greg.pruning.surgery.Removal} cuts groups of channels out, a {@link
 * greg.pruning.surgery.PruningPlan} says what was cut or masked, so that a fresh network can be made alike.
 */
package greg.pruning.surgery;
