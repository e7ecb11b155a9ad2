package greg.pruning.run;

import greg.nn.train.DivergedException;
import greg.nn.train.StoppedException;
import java.util.function.Supplier;

/** Runs a training loop of a run; if it ends early, the exception names the phase and the folder. */
final class LoopRunner {
    private final RunFolder folder;

    LoopRunner(RunFolder folder) {
        this.folder = folder;
    }

    /**
     * Runs {@code loop}.
     *
     * @param phase for messages
     * @param remedy which settings to change if it diverges
     * @throws RunException if it diverges
     * @throws InterruptedRunException if it was asked to stop
     */
    <T> T run(String phase, String remedy, Supplier<T> loop) {
        try {
            return loop.get();
        } catch (DivergedException e) {
            throw new RunException(
                    phase + ": " + e.getMessage() + "; use " + remedy + "; what was saved before is kept in "
                            + folder.path(),
                    e);
        } catch (StoppedException e) {
            throw new InterruptedRunException("in " + phase + " after iteration " + e.iteration(), folder.path());
        }
    }
}
