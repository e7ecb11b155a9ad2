package greg.kernels.cuda;

/**
 * One launch of a profiled step.
 *
 * @param kernel PTX file and entry ({@code elementwise add}), {@code cuDNN forward}, {@code cuBLAS gemm} or {@code copy}
 * @param microseconds from the end of what was issued before it to its own end, on the device's clock
 * @param bytes of its operands, each read or written once: what it must move at least; 0 where its arguments do not tell, as
 *     those of an update, which reads a table of addresses
 */
public record KernelTime(String kernel, double microseconds, long bytes) {}
