package greg.pruning.run;

import java.nio.file.Path;

/** A run was asked to stop, and did: everything is saved, it can be resumed. */
public final class InterruptedRunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String where;
    private final transient Path folder;

    /**
     * An interruption after everything worth keeping was saved.
     *
     * @param where in which phase, after which step
     * @param folder of the run
     */
    public InterruptedRunException(String where, Path folder) {
        super("interrupted " + where + "; everything is saved in " + folder);
        this.where = where;
        this.folder = folder;
    }

    /** In which phase, after which step. */
    public String where() {
        return where;
    }

    /** The folder of the run, from which it can be resumed. */
    public Path folder() {
        return folder;
    }
}
