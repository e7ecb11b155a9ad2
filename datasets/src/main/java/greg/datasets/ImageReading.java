package greg.datasets;

import java.util.Objects;

/**
 * How image files are read.
 *
 * @param check what is done about files that cannot be used
 * @param workers threads on which a loader reads files ahead; 0: one for each processor. The batches do not depend on it
 * @param fastDecode whether JPEG files are decoded at 1/2, 1/4 or 1/8 of their size where they, or the windows cut out of
 *     them, are scaled to something smaller still. Needs libjpeg-turbo, and gives slightly other pixels
 */
public record ImageReading(ImageCheck check, int workers, boolean fastDecode) {
    /** The most workers that may be asked for. */
    public static final int MOST_WORKERS = 1024;

    /** The first file that cannot be decoded is an error; one thread for each processor; every pixel is decoded. */
    public static final ImageReading STANDARD = new ImageReading(ImageCheck.NONE, 0, false);

    /** Checks the number of workers. */
    public ImageReading {
        Objects.requireNonNull(check, "check");
        if (workers < 0 || workers > MOST_WORKERS) {
            throw new IllegalArgumentException(
                    "workers: expected 1 to " + MOST_WORKERS + ", or 0 for one for each processor, got " + workers);
        }
    }

    /** The threads that are meant. */
    int threads() {
        return workers > 0
                ? workers
                : Math.min(MOST_WORKERS, Runtime.getRuntime().availableProcessors());
    }
}
