/**
 * The seam between the engine and the hardware: storage, and one small interface per family of kernels, forward and
 * backward in each. Implementations live in {@code reference} (slow, obvious, the oracle of every test), {@code cpu}
 * (oneDNN) and {@code cuda}.
 */
package greg.kernels;
