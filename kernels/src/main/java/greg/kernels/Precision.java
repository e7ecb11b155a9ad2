package greg.kernels;

import java.util.Locale;

/**
 * In which format a backend stores activations and multiplies them. Weights, statistics and everything that is summed up are
 * float32 in each of them; products are accumulated in float32 or better.
 */
public enum Precision {
    /** float32 throughout. */
    FP32,
    /** float32 in memory; products of a GPU's tensor cores, which read 10 of the 23 bits of a fraction (TensorFloat-32). */
    TF32,
    /** Activations and their gradients in bfloat16: half the memory and the traffic. */
    BF16;

    /**
     * The precision of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Precision of(String name) {
        for (Precision each : values()) if (each.toString().equals(name)) return each;
        throw new IllegalArgumentException("precision: expected fp32, tf32 or bf16, got '" + name + "'");
    }

    /** {@code fp32}, {@code tf32} or {@code bf16}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
