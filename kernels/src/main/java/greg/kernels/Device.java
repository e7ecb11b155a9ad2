package greg.kernels;

/**
 * What a backend runs on.
 *
 * @param kind {@code reference}, {@code cpu} or {@code cuda}
 * @param name the processor's usual name
 * @param instructionSet what the kernels are made of on it: the widest of a processor's instructions that oneDNN uses, the compute
 *     capability of a GPU. Where it differs, sums have another order and results other last bits
 * @param threads compute threads in use; 1 for devices that schedule themselves
 * @param details library versions and instruction sets, one line
 */
public record Device(String kind, String name, String instructionSet, int threads, String details) {}
