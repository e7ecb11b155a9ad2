/**
 * Pruning by growing regularization (GReg-1 and GReg-2, "Neural Pruning via Growing Regularization", ICLR 2021).
 *
 * <p>With E the loss, a run minimises E + 1/2 sum_g lambda_g |w_g|^2 (eq. 3), where a group g is a filter, an input
 * channel or a single weight, and raises lambda_g step by step until the group has faded; then the group is removed.
 * Symbols, as in the paper: lambda = penalty coefficient of a group, tau = its ceiling, tau' = the ceiling of the
 * picking stage, K_u = iterations between two updates of lambda, K_s = stabilising iterations at the final lambda,
 * delta lambda = increase of one update. They are defined once, in {@link greg.pruning.growth.GregConfig}.
 *
 * <p>This package holds the logic that needs no tensor: {@link greg.pruning.target.PruningRatios how much of each layer goes},
 * {@link greg.pruning.select.L1Scores scores} and {@link greg.pruning.select.Selection which groups they select}, the {@link
 * greg.pruning.growth.GrowthRule growth rules} and the {@link greg.pruning.growth.GrowthSchedule state machine} that drives them.
 */
package greg.pruning;
