package greg.pruning.growth;

/**
 * One visit of one layer in an update of the penalties, with the state of the layer after it. NaN stands where the rule
 * computed nothing.
 *
 * @param iteration training iteration, from 0
 * @param layer the layer's dotted path
 * @param layerIndex its index
 * @param ratio its pruning ratio
 * @param lambdaMin smallest lambda after the visit
 * @param lambdaMean mean lambda over all groups (they have equal sizes)
 * @param lambdaMax largest lambda
 * @param lambdaChanged true if the visit changed any lambda
 * @param scoreMean mean score of the groups, if the rule needed them
 * @param scoreStd their standard deviation over the groups; scoreStd / scoreMean is what figure 1 shows
 * @param keptMagnitude mean score of the groups that stay (before the pick: would stay; of single weights not before it)
 * @param prunedMagnitude mean score of the groups to be removed
 * @param magRatio keptMagnitude / prunedMagnitude
 * @param history moving average of magRatio after the visit
 * @param picked true if it is decided which groups are removed
 * @param finished true if lambda has its final value
 * @param phase the state of the run after the visit
 */
public record GrowthEvent(
        long iteration,
        String layer,
        int layerIndex,
        double ratio,
        float lambdaMin,
        float lambdaMean,
        float lambdaMax,
        boolean lambdaChanged,
        float scoreMean,
        float scoreStd,
        float keptMagnitude,
        float prunedMagnitude,
        float magRatio,
        float history,
        boolean picked,
        boolean finished,
        GrowthSchedule.Phase phase) {}
