/**
 * What shrinks together: the coupling of channels, derived from a traced forward pass. No layer names are read and no
 * module declares anything.
 */
package greg.pruning.graph;
