package greg.pruning.run;

import java.nio.file.Path;

/** A run was asked to stop, and stopped once its state was saved. */
public final class InterruptedRunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path folder;

    /**
     * After everything worth keeping was saved.
     *
     * @param where phase and iteration
     * @param folder of the run, to be resumed
     */
    public InterruptedRunException(String where, Path folder) {
        super("interrupted " + where + "; everything is saved");
        this.folder = folder;
    }

    /** The folder of the run, from which it can be resumed. */
    public Path folder() {
        return folder;
    }
}
