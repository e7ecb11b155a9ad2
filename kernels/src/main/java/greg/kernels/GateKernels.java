package greg.kernels;

import greg.kernels.spec.GateSpec;

/** One factor per channel of each image: the gates of squeeze-and-excitation. */
public interface GateKernels {
    /**
     * y[n,c,h,w] = x[n,c,h,w] gate[n,c]. The gradient of x is the same function of dy.
     *
     * @param gate (N, C) or (N, C, 1, 1)
     * @param y may be the same storage as x
     */
    void forward(GateSpec spec, Storage x, Storage gate, Storage y);

    /**
     * dgate[n,c] = sum over h and w of dy[n,c,h,w] x[n,c,h,w], in the same order every time.
     *
     * @param dgate (N, C) or (N, C, 1, 1)
     */
    void backwardGate(GateSpec spec, Storage x, Storage dy, Storage dgate);
}
