package greg.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 over path, label and bytes of image files. Reading ImageNet takes minutes to an hour, so the result is remembered in
 * {@code .checksums} under the home of the data sets, in a file named by a second SHA-256 over path, length, time of the last
 * modification and, where the system has it, of the last change of status. A program can reset the former, but not the latter,
 * so the result stands for the bytes as long as that name does. Where it cannot be remembered, it is computed anew.
 */
final class ContentChecksum {
    private static final String FOLDER = ".checksums";
    private static final int DIGEST = 32;
    private static final int BUFFER = 1 << 16;

    /** Times of files are coarse: one changed just now may change again without another time. */
    private static final long SETTLED_SECONDS = 2;

    private ContentChecksum() {}

    /**
     * The checksum in hexadecimal digits.
     *
     * @param name of the data set, for the progress
     * @param root folder that paths are relative to
     * @param settings what else the checksum depends on
     * @throws DatasetException if a file cannot be read
     */
    static String of(String name, Path root, List<ImageFolder.Entry> entries, String settings, ImageCheck check) {
        return of(name, root, entries, settings, check, Instant.now());
    }

    /** As above, at another time. */
    static String of(
            String name, Path root, List<ImageFolder.Entry> entries, String settings, ImageCheck check, Instant now) {
        Checksum state = new Checksum().add(settings);
        Instant newest = Instant.MIN;
        for (ImageFolder.Entry entry : entries) {
            Map<String, Object> status = status(entry.file());
            state.add(path(root, entry)).add(entry.label());
            for (Object value : status.values()) {
                if (value instanceof FileTime time) {
                    Instant at = time.toInstant();
                    state.add(at.getEpochSecond()).add(at.getNano());
                    if (at.isAfter(newest)) newest = at;
                } else {
                    state.add((long) value);
                }
            }
        }
        Path memory = DataFiles.home().resolve(FOLDER).resolve(state.hex());
        // who skips bad images has looked at the files, not at a memory
        String known = check.skipBad() ? null : recall(memory);
        if (known != null) return known;
        String sum = compute(name, root, entries, settings, check);
        if (newest.isBefore(now.minusSeconds(SETTLED_SECONDS))) remember(memory, sum);
        return sum;
    }

    private static String path(Path root, ImageFolder.Entry entry) {
        return root.relativize(entry.file()).toString().replace('\\', '/');
    }

    /** Length and times, in a fixed order. */
    private static Map<String, Object> status(Path file) {
        boolean unix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
        try {
            return new TreeMap<>(
                    Files.readAttributes(file, unix ? "unix:size,lastModifiedTime,ctime" : "size,lastModifiedTime"));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static String compute(
            String name, Path root, List<ImageFolder.Entry> entries, String settings, ImageCheck check) {
        ByteBuffer digests = ByteBuffer.allocate(Math.multiplyExact(DIGEST, entries.size()));
        ImageFiles.each("checksum of " + name, entries.size(), check, i -> {
            byte[] digest = digest(entries.get(i).file());
            digests.put(i * DIGEST, digest);
        });
        Checksum sum = new Checksum().add(settings);
        for (ImageFolder.Entry entry : entries) sum.add(path(root, entry)).add(entry.label());
        return sum.add(digests.array()).hex();
    }

    private static byte[] digest(Path file) {
        MessageDigest digest = Checksum.sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count; (count = in.read(buffer)) >= 0; ) digest.update(buffer, 0, count);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return digest.digest();
    }

    private static DatasetException unreadable(Path file, IOException e) {
        return new DatasetException(file + ": cannot be read (" + DataFiles.reason(e) + ")", e);
    }

    private static String recall(Path memory) {
        try {
            String text = Files.readString(memory);
            return text.matches("[0-9a-f]{64}") ? text : null;
        } catch (IOException e) {
            return null; // most often there is none; whatever it is, the checksum can be computed
        }
    }

    private static void remember(Path memory, String sum) {
        try {
            Files.createDirectories(memory.getParent());
            Path temporary = Files.createTempFile(memory.getParent(), "", ".tmp");
            try {
                Files.writeString(temporary, sum);
                Files.move(temporary, memory, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // computed anew the next time
        }
    }
}
