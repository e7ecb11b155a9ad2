package greg.kernels.spec;

/**
 * Constants of an Adam step: decay rates of the two moments, the stabiliser in the denominator, L2 weight decay. They
 * are doubles because a kernel needs 1 - beta rounded once: 1 - 0.999f is off by 1e-5 of itself.
 */
public record AdamSpec(double beta1, double beta2, double eps, double weightDecay) {
    /** Validates: without {@code eps} a weight whose gradient has always been 0 would become 0 / 0. */
    public AdamSpec {
        if (!(eps > 0)) throw new IllegalArgumentException("adam: expected eps > 0, got " + eps);
    }

    /** beta1 0.9, beta2 0.999, eps 1e-8. */
    public static AdamSpec standard(double weightDecay) {
        return new AdamSpec(0.9, 0.999, 1e-8, weightDecay);
    }

    /** 1 - beta1^step, the bias of the first moment in step 1, 2, ..: the learning rate is divided by it. */
    public double bias1(long step) {
        return 1 - Math.pow(beta1, step);
    }

    /** sqrt(1 - beta2^step), by which the root of the second moment is divided; every backend rounds it here. */
    public float rootOfBias2(long step) {
        return (float) Math.sqrt(1 - Math.pow(beta2, step));
    }
}
