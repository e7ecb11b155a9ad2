/**
 * The definition of every kernel as slow, obvious Java: one thread, dense NCHW arrays, sums in double. It is the oracle
 * of the tests, the fallback on a platform without native libraries, and the place to start reading.
 */
package greg.kernels.reference;
