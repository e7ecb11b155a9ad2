/**
 * How much of a network to remove, and where: a {@link greg.pruning.ratios.Target} is resolved once for a network, and gives
 * a {@link greg.pruning.ratios.LayerTarget} for each layer.
 */
package greg.pruning.ratios;
