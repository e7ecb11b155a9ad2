/** A network that only computes forward, as a whole: what a backend needs to run it faster than op by op. */
package greg.kernels.inference;
