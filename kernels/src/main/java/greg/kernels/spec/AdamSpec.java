package greg.kernels.spec;

/** Constants of an Adam step: decay rates of the two moments, the stabiliser in the denominator, L2 weight decay. */
public record AdamSpec(float beta1, float beta2, float eps, float weightDecay) {
    /** beta1 0.9, beta2 0.999, eps 1e-8. */
    public static AdamSpec standard(float weightDecay) {
        return new AdamSpec(0.9f, 0.999f, 1e-8f, weightDecay);
    }
}
