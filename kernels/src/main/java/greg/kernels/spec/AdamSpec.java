package greg.kernels.spec;

/**
 * Constants of an Adam step: decay rates of the two moments, the stabiliser in the denominator, L2 weight decay. They
 * are doubles because a kernel needs 1 - beta rounded once: 1 - 0.999f is off by 1e-5 of itself.
 */
public record AdamSpec(double beta1, double beta2, double eps, double weightDecay) {
    /** beta1 0.9, beta2 0.999, eps 1e-8. */
    public static AdamSpec standard(double weightDecay) {
        return new AdamSpec(0.9, 0.999, 1e-8, weightDecay);
    }
}
