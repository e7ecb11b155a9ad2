package greg.pruning.run;

import greg.nn.NnModule;
import greg.nn.train.Finite;

/** Stops a run that has diverged, before it writes anything: the last good checkpoint stays. */
public final class Divergence {
    /** Iterations between two looks at the weights. */
    public static final int EVERY = 200;

    private Divergence() {}

    /**
     * Looks at every weight.
     *
     * @param phase for the message
     * @param iteration the last one that was trained
     * @param advice which flag to turn
     */
    public static void check(NnModule network, String phase, long iteration, String advice, RunFolder folder) {
        String lost = Finite.firstLost(network);
        if (lost != null) throw found(phase, iteration, lost, advice, folder);
    }

    /** Looks at a loss. */
    public static void check(double loss, String phase, long iteration, String advice, RunFolder folder) {
        if (!Double.isFinite(loss)) throw found(phase, iteration, "the loss is " + loss, advice, folder);
    }

    private static RunException found(String phase, long iteration, String what, String advice, RunFolder folder) {
        return new RunException(phase + ": diverged, " + what + " after iteration " + iteration + "; use " + advice
                + "; what was saved before stays in " + folder.path());
    }
}
