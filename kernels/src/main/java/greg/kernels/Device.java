package greg.kernels;

/**
 * What a backend runs on.
 *
 * @param kind {@code reference}, {@code cpu} or {@code cuda}
 * @param name the processor's usual name
 * @param instructionSet what the kernels are compiled for: on a CPU the widest instruction set that oneDNN uses, on a GPU its
 *     compute capability. Another one sums in another order, so results differ in their last bits
 * @param threads compute threads in use; 1 for devices that schedule themselves
 * @param details library versions and instruction sets, one line
 */
public record Device(String kind, String name, String instructionSet, int threads, String details) {}
