/**
 * The kernels of the cuda backend timed on a GPU by its own clock, each next to a copy of as many bytes in the same run.
 * {@link greg.bench.gpu.PenaltyGpu} is the program; docs/gpu.md says how to run it on a machine without Java.
 */
package greg.bench.gpu;
