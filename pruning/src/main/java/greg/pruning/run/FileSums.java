package greg.pruning.run;

import greg.nn.io.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * SHA-256 of the files that a run reads again and that have no checksums of their own, as they were at a checkpoint; null
 * where there is no such file, or the checkpoint does not rely on it yet.
 *
 * @param config of config.json
 * @param plan of plan.json, once something was removed
 * @param report of report.json, once the run is finished
 * @param metrics of the beginning of metrics.jsonl, as long as it was then
 */
public record FileSums(String config, String plan, String report, String metrics) {
    private static final int CHUNK = 1 << 16;

    /** Every run has these two. */
    public FileSums {
        if (config == null || metrics == null) {
            throw new IllegalArgumentException("checksums of files: expected those of config.json and metrics.jsonl");
        }
    }

    /** Those of a run in this phase. */
    static FileSums of(RunFolder folder, Phase phase) {
        return new FileSums(
                folder.sum(RunFiles.CONFIG),
                phase.compareTo(Phase.GROW) > 0 ? folder.sum(RunFiles.PLAN) : null,
                phase == Phase.DONE ? folder.sum(RunFiles.REPORT) : null,
                folder.metricsSum());
    }

    /**
     * Compares them with the files.
     *
     * @param metricsBytes how much of metrics.jsonl
     * @throws RunException naming the first file that is missing or has changed
     */
    void verify(Path folder, long metricsBytes) {
        verify(folder.resolve(RunFiles.CONFIG), config);
        verify(folder.resolve(RunFiles.PLAN), plan);
        verify(folder.resolve(RunFiles.REPORT), report);
        Path file = folder.resolve(RunFiles.METRICS);
        if (!metrics.equals(of(file, metricsBytes).hex())) throw changed(file);
    }

    private static void verify(Path file, String expected) {
        if (expected != null && !expected.equals(of(file).hex())) throw changed(file);
    }

    /** That a file is not as greg wrote it. */
    static RunException changed(Path file) {
        return new RunException(file + " is damaged or was changed: its SHA-256 is not the one in the run's checkpoint;"
                + " put back the file as greg wrote it, or start a new run");
    }

    /** Of a whole file. */
    static Sha256 of(Path file) {
        try {
            return of(file, Files.size(file));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /**
     * Of the beginning of a file.
     *
     * @param bytes how many; RunException if there are fewer
     */
    static Sha256 of(Path file, long bytes) {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            if (in.size() < bytes) {
                throw new RunException(file + " has " + in.size() + " bytes, at the last checkpoint it had " + bytes
                        + ": records were removed from it; put the file back or start a new run");
            }
            Sha256 sum = new Sha256();
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            for (long left = bytes; left > 0; ) {
                int count = in.read(chunk.clear().limit((int) Math.min(left, CHUNK)));
                if (count < 0) throw new IOException("it became shorter while it was read");
                sum.add(chunk.flip());
                left -= count;
            }
            return sum;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static RunException unreadable(Path file, IOException e) {
        return e instanceof NoSuchFileException
                ? new RunException(
                        file + " is missing, and the run's checkpoint needs it; put it back, or start a new run", e)
                : new RunException(file + " cannot be read (" + RunException.reason(e) + ")", e);
    }
}
