package greg.nn.optim;

import greg.kernels.spec.GroupIndex;

/**
 * The growing penalty on one weight: a coefficient lambda per group, added to the gradient as lambda_g w in the optimizer's one
 * pass over the weights; and the L1 norm of each group, which the same pass computes.
 *
 * @param groups which element belongs to which group
 * @param first where the groups begin in the arrays of {@link Penalties}
 */
record Penalty(GroupIndex groups, int first) {}
