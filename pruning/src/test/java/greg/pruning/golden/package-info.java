/** Reads the recorded runs of the reference implementation and replays our rules against them. */
package greg.pruning.golden;
