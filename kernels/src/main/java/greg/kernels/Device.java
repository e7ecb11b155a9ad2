package greg.kernels;

/**
 * What a backend runs on.
 *
 * @param kind {@code reference}, {@code cpu} or {@code cuda}
 * @param name the processor's usual name
 * @param threads compute threads in use; 1 for devices that schedule themselves
 * @param details library versions and instruction sets, one line
 */
public record Device(String kind, String name, int threads, String details) {}
