/**
 * What must be removed together: the layers of a network and the channels between them, derived from a traced forward pass.
 * {@link greg.pruning.graph.ChannelGraph} holds them, a {@link greg.pruning.graph.Group} is everything that is removed with
 * a filter. No structure is inferred from names, and no module declares anything.
 */
package greg.pruning.graph;
