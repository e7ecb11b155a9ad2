package greg.kernels.cuda;

/**
 * One launch of a profiled step.
 *
 * @param kernel PTX file and entry ({@code elementwise add}), {@code cuDNN forward}, {@code cuBLAS gemm} or {@code copy}
 * @param microseconds from the end of what was issued before it to its own end, on the device's clock
 * @param bytes of its operands, each read or written once: what it must move at least. What it finds through a table of addresses, as an
 *     update does, or picks from a data set by an index, is not counted
 */
public record KernelTime(String kernel, double microseconds, long bytes) {}
