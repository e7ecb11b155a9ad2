package greg.pruning.run;

import greg.nn.io.CheckpointException;
import greg.pruning.report.BadJsonException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The last good checkpoint of a run.
 *
 * @param saved that checkpoint, or null if the run ended before its first
 * @param lost what is wrong with the latest, if this is the previous one; else null
 */
record LastState(RunState.Saved saved, String lost) {
    /**
     * The latest checkpoint in a run folder, or the previous one where the latest is damaged or missing.
     *
     * @throws RunException if neither can be used
     */
    static LastState of(Path folder) {
        Path latest = folder.resolve(RunState.FILE);
        Path previous = folder.resolve(RunState.PREVIOUS);
        if (!Files.exists(latest) && !Files.exists(previous)) return new LastState(null, null);
        try {
            return new LastState(RunState.read(latest), null);
        } catch (CheckpointException | BadJsonException | RunException bad) {
            if (!Files.exists(previous)) {
                throw new RunException(bad.getMessage() + "; there is no " + previous + ", start a new run", bad);
            }
            try {
                return new LastState(RunState.read(previous), bad.getMessage());
            } catch (CheckpointException | BadJsonException | RunException worse) {
                throw new RunException(
                        "both checkpoints are lost: " + bad.getMessage() + "; " + worse.getMessage()
                                + "; start a new run",
                        worse);
            }
        }
    }

    /** Says that the latest checkpoint is lost, if it is. */
    void say(RunMonitor monitor) {
        if (lost != null) monitor.say("warning: %s; the previous checkpoint is used instead", lost);
    }
}
