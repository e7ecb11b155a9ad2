/** The processes that {@code mpirun} starts, through MPI's C interface. */
package greg.kernels.mpi;
