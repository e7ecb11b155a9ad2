/**
 * Which groups of a layer are removed: {@link greg.pruning.select.L1Scores scores} and {@link greg.pruning.select.Selection
 * choices}.
 */
package greg.pruning.select;
