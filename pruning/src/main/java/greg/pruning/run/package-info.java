/**
 * A run and its folder: the phases of training and pruning a network that is known by name, with checkpoints from which the
 * run is resumed, records of how it went, and a report. It does not know the command line: the caller watches a run
 * through a {@link greg.pruning.run.RunMonitor}.
 */
package greg.pruning.run;
