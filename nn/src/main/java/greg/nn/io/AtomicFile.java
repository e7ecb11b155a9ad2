package greg.nn.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file to a temporary name beside it, forces it to the disk, and renames it: after a crash or an interrupt the
 * old file or the new one is there, complete.
 */
public final class AtomicFile {
    /** Writes the content; the channel is at position 0. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to {@code out}. */
        void write(FileChannel out) throws IOException;
    }

    private AtomicFile() {}

    /**
     * Replaces {@code file}, creating its folder if necessary.
     *
     * @throws CheckpointException if writing fails; the old file is untouched and the temporary one removed
     */
    public static void write(Path file, Content content) {
        write(file, null, content);
    }

    /**
     * As above; the file that is replaced, if there is one, is kept under another name.
     *
     * @param former that name, in the same folder; what was there before is replaced. Null: the old file is not kept
     */
    public static void write(Path file, Path former, Content content) {
        Path target = file.toAbsolutePath();
        Path folder = target.getParent();
        Path temporary = null;
        try {
            if (folder == null || Files.isDirectory(target)) {
                throw new CheckpointException("write " + file + ": expected the name of a file, this is a folder");
            }
            Files.createDirectories(folder);
            temporary = temporary(target);
            try (FileChannel out = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                content.write(out);
                out.force(true);
            }
            // only now, when nothing but renames is left: a kill while writing keeps the former file too
            if (former != null && Files.exists(target)) link(target, former);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            temporary = null;
            forceFolder(folder);
        } catch (IOException e) {
            throw new CheckpointException("write " + file + ": " + reason(e), e);
        } finally {
            if (temporary != null) removeQuietly(temporary);
        }
    }

    /**
     * Makes {@code name} another name of the content of {@code file}, or a copy of it where the file system has no hard links;
     * what was there before is replaced, and is there until then.
     *
     * @throws IOException if it cannot be done; what was there before is untouched
     */
    public static void link(Path file, Path name) throws IOException {
        Path target = name.toAbsolutePath();
        Path temporary = temporary(target);
        try {
            Files.deleteIfExists(temporary); // of an earlier process with the same number
            try {
                Files.createLink(temporary, file);
            } catch (UnsupportedOperationException | IOException e) {
                Files.copy(file, temporary, StandardCopyOption.REPLACE_EXISTING);
                try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    out.force(true);
                }
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            // also where both names were one file already: then POSIX's rename does nothing
            removeQuietly(temporary);
        }
        forceFolder(target.getParent());
    }

    private static Path temporary(Path target) {
        return target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    }

    /** As {@link #write(Path, Content)} for a text in UTF-8. */
    public static void writeText(Path file, String text) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        write(file, out -> writeFully(out, bytes));
    }

    /** Writes all that remains in {@code bytes}. */
    public static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) out.write(bytes);
    }

    /** The rename itself is on the disk only when the folder is; systems that cannot force a folder need not. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows does not open folders; the rename has happened, only its durability is left to the system
        }
    }

    private static void removeQuietly(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // the error that led here says more
        }
    }

    /** What went wrong in words: the messages of NIO are often nothing but a file name. */
    static String reason(IOException e) {
        if (e instanceof java.nio.file.NoSuchFileException) return "there is no such file";
        if (e instanceof java.nio.file.AccessDeniedException) return "access denied";
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
