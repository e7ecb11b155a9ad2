/**
 * Which groups of a layer are removed: {@linkplain greg.pruning.select.ScoreFunction scores} and {@link
 * greg.pruning.select.Selection choices}.
 */
package greg.pruning.select;
