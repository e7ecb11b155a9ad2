/** Kernels on random geometries, compared with {@code reference} in a process of their own: {@link greg.kernels.grid.RandomGrid}. */
package greg.kernels.grid;
