/** Tests of the software CUDA device itself: that it computes as PTX says, and that it catches what it promises. */
package greg.kernels.cuda.simulator;
