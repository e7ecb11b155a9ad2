/**
 * How much of a network is to go, and where: a {@link greg.pruning.ratios.Target} is resolved once against a network, and gives
 * a {@link greg.pruning.ratios.LayerTarget} for each layer.
 */
package greg.pruning.ratios;
