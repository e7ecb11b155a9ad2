package greg.nn.optim;

import greg.kernels.Backend;
import greg.kernels.spec.GroupIndex;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/**
 * The growing penalty on one weight: a coefficient lambda per group, in device memory, added to the gradient as lambda_g w
 * in the optimizer's one pass over the weights; and the L1 norm of each group, which the same pass computes.
 */
public final class Penalty implements AutoCloseable {
    private final GroupIndex groups;
    private final Tensor lambda;
    private final Tensor l1;

    /** All coefficients 0. The L1 norms are valid after the first step. */
    public Penalty(Backend backend, GroupIndex groups) {
        this.groups = groups;
        this.lambda = Tensor.full(backend, Shape.of(groups.count()), 0);
        this.l1 = Tensor.full(backend, Shape.of(groups.count()), 0);
    }

    /** Which element belongs to which group. */
    public GroupIndex groups() {
        return groups;
    }

    /** lambda per group, (groups). */
    public Tensor lambda() {
        return lambda;
    }

    /** sum |w| per group after the last step, (groups). */
    public Tensor l1() {
        return l1;
    }

    @Override
    public void close() {
        lambda.close();
        l1.close();
    }
}
