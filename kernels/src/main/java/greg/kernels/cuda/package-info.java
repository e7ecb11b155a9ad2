/**
 * The GPU: kernels written by hand in PTX for this project (resources in {@code greg/kernels/ptx}), loaded and launched
 * through CUDA's driver API.
 */
package greg.kernels.cuda;
