/**
 * What every kernel of every family must do, beyond its formula: one harness that runs a catalogue of cases, at least one for
 * each method of the seam.
 */
package greg.kernels.harness;
