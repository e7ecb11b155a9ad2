package greg.datasets;

import java.nio.file.Path;

/** What is done about image files that cannot be used, and who hears of work on image files that takes long. */
public interface ImageCheck {
    /** No file is decoded before it is needed; the first that cannot be is an error. Reports nothing. */
    ImageCheck NONE = new ImageCheck() {
        @Override
        public boolean skipBad() {
            return false;
        }

        @Override
        public void bad(Path file, String why) {}

        @Override
        public void progress(String task, long done, long total) {}
    };

    /** Whether all files are decoded when the data set is opened, and those that cannot be are left out. */
    boolean skipBad();

    /** Called in order for each file that is left out; {@code why} is one line. */
    void bad(Path file, String why);

    /**
     * Called from one thread at a time: first with 0, then after every file.
     *
     * @param task e.g. {@code check imagefolder/train}
     * @param done files so far
     * @param total files in all
     */
    void progress(String task, long done, long total);
}
