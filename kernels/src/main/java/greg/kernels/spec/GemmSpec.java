package greg.kernels.spec;

/**
 * c (m, n) = op(a) (m, k) op(b) (k, n), row-major. With {@code transA} a is stored (k, m); with {@code transB} b is
 * stored (n, k).
 *
 * @param accumulate add to the previous c instead of overwriting it
 */
public record GemmSpec(int m, int n, int k, boolean transA, boolean transB, boolean accumulate) {
    /** Validates. */
    public GemmSpec {
        Checks.positive("gemm", "m", m, "n", n, "k", k);
    }
}
