package greg.pruning.sweep;

import greg.nn.io.CheckpointException;
import greg.pruning.report.BadJsonException;
import greg.pruning.report.RunRecord;
import greg.pruning.report.RunResult;
import greg.pruning.report.TrainingResult;
import greg.pruning.run.Phase;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.RunState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * How far a run is, as its folder shows it, also while it is being written.
 *
 * @param detail where it is, what came out, or why it failed
 */
public record RunStatus(State state, String detail) {
    /** How far. */
    public enum State {
        /** It has not begun. */
        MISSING("missing"),
        /** A process has its folder. */
        RUNNING("running"),
        /** It ended early and can be resumed. */
        BROKEN_OFF("broken off"),
        /** It ended early with an error. */
        FAILED("failed"),
        /** Nothing is left to do. */
        FINISHED("finished");

        private final String word;

        State(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** State and detail, in one phrase. */
    @Override
    public String toString() {
        return detail.isEmpty() ? state.toString() : state + ", " + detail;
    }

    /** Of the run in {@code folder}; {@code failure} is the file with the reason, if it failed. */
    static RunStatus of(Path folder, Path failure) {
        try {
            boolean running = RunFolder.isInUse(folder);
            boolean begun = Files.exists(RunFolder.config(folder));
            Phase phase = begun ? RunState.phase(folder) : null;
            if (phase == Phase.DONE) return new RunStatus(State.FINISHED, result(folder));
            if (running) return new RunStatus(State.RUNNING, begun ? where(folder) : "starting");
            if (Files.exists(failure))
                return new RunStatus(State.FAILED, Files.readString(failure).strip());
            return begun ? new RunStatus(State.BROKEN_OFF, where(folder)) : new RunStatus(State.MISSING, "");
        } catch (IOException e) {
            throw new RunException(folder + " cannot be read (" + RunException.reason(e) + ")", e);
        } catch (CheckpointException
                | BadJsonException
                | RunException
                | UncheckedIOException
                | IllegalArgumentException e) {
            return new RunStatus(State.FAILED, e.getMessage());
        }
    }

    private static String where(Path folder) {
        String last = RunRecord.readUnderWay(folder).progress();
        return last.isEmpty() ? "at its start" : last;
    }

    private static String result(Path folder) {
        RunRecord run = RunRecord.read(folder);
        if (!run.isPruning()) {
            TrainingResult training = TrainingResult.of(List.of(run)).get(0);
            return training.top1() == null ? "" : percent(training.top1());
        }
        RunResult main = run.results().get(0);
        Double accuracy = main.finetuned() == null ? (Double) main.removed() : main.finetuned();
        return percent(accuracy) + String.format(Locale.ROOT, ", %.2fx", main.speedup());
    }

    private static String percent(double accuracy) {
        return String.format(Locale.ROOT, "%.2f %%", accuracy);
    }
}
