package greg.datasets;

import java.nio.file.Path;

/** An image file that cannot be used. */
final class BadImageException extends DatasetException {
    private static final long serialVersionUID = 1L;

    private final String why;

    /**
     * Names the file and what to do.
     *
     * @param why in one line, without the file
     * @param cause null if there is none
     */
    BadImageException(Path file, String why, Throwable cause) {
        super(
                file + ": " + why + "; replace the file, remove it, or leave out all such files with the setting"
                        + " skipBadImages",
                cause);
        this.why = why;
    }

    /** What is wrong with the file, without its name. */
    String why() {
        return why;
    }
}
