/**
 * How much of which layer goes: {@link greg.pruning.ratios.PruningRatios} as they are written, {@link
 * greg.pruning.ratios.GlobalRatios} across layers, {@link greg.pruning.ratios.InheritedPruning} from another run, {@link
 * greg.pruning.ratios.SkipLayers}; together a {@link greg.pruning.ratios.Target}, which resolves to one {@link
 * greg.pruning.ratios.LayerTarget} for each layer of a network.
 */
package greg.pruning.ratios;
