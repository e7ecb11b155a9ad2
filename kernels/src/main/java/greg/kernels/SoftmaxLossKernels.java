package greg.kernels;

/** Softmax, mean cross-entropy, its gradient and the counts of correct answers in one pass over logits (N, K). */
public interface SoftmaxLossKernels {
    /**
     * loss[0] = mean over n of -log softmax(logits[n])[label[n]].
     *
     * @param labels INT32 (N), each in [0, K)
     * @param dlogits output (N, K): (softmax - onehot) / N; null when no gradient is needed
     * @param metrics FLOAT32 (3), added to: sum of the losses, top-1 correct, top-5 correct. A label is in the top k
     *     when fewer than k logits beat it (larger, or equal with a smaller index). A NaN beats every logit, and a
     *     label whose own logit is NaN is in no top k: a network that has diverged is never counted as correct
     */
    void forward(int n, int k, Storage logits, Storage labels, Storage loss, Storage dlogits, Storage metrics);
}
