/**
 * The growing penalty: Algorithm 1 of the paper.
 *
 * <p>{@link greg.pruning.growth.GrowingRegularization} trains a network with it. {@link greg.pruning.growth.GrowthSchedule} is
 * the state machine of a run (grow, stabilise, done), a {@link greg.pruning.growth.GrowthRule} says how lambda of a layer
 * grows in one update ({@link greg.pruning.growth.Greg1}, {@link greg.pruning.growth.Greg2}, {@link
 * greg.pruning.growth.FixedReg}), and a {@link greg.pruning.growth.LayerState} holds everything that changes. {@link
 * greg.pruning.growth.GregConfig} defines every setting with its symbol in the paper.
 */
package greg.pruning.growth;
