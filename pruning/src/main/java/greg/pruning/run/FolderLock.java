package greg.pruning.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps other processes, and other runs of this one, out of the folder of a run. The system unlocks it however the process ends.
 *
 * <p>It is a file of its own, which nobody reads: where locks are POSIX's, a process loses its lock on a file as soon as it closes
 * any channel to it. It is deleted at the end by whoever holds it; so one who has locked it looks whether it is still there.
 */
final class FolderLock implements AutoCloseable {
    static final String FILE = ".greg-lock";

    /** Somebody who only {@linkplain #isHeld asks} has it for a moment. */
    private static final int TRIES = 3;

    private static final long PAUSE_NANOS = 20_000_000;

    /** Within a process a second channel to the file must not even be opened. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Locks a folder that exists.
     *
     * @throws RunException if somebody else has it
     */
    static FolderLock of(Path folder) throws IOException {
        Path real = folder.toRealPath();
        if (!HELD.add(real)) throw inUse(folder);
        FileChannel channel = null;
        try {
            for (int tries = 0; channel == null || !channel.isOpen() && tries < TRIES; ) {
                if (channel != null) LockSupport.parkNanos(PAUSE_NANOS);
                channel = tryLock(real.resolve(FILE));
                if (channel != null) tries++;
            }
            if (!channel.isOpen()) throw inUse(folder);
            return new FolderLock(real, channel);
        } finally {
            if (channel == null || !channel.isOpen()) HELD.remove(real);
        }
    }

    /** Whether somebody has a folder now, which need not exist. */
    static boolean isHeld(Path folder) throws IOException {
        if (!Files.exists(folder.resolve(FILE))) return false;
        Path real = folder.toRealPath();
        if (HELD.contains(real)) return true; // a second channel would unlock it
        // shared: those who only ask do not see each other
        try (FileChannel channel = FileChannel.open(real.resolve(FILE), StandardOpenOption.READ)) {
            return channel.tryLock(0, Long.MAX_VALUE, true) == null;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static RunException inUse(Path folder) {
        return new RunException(folder + " is in use by another greg process; wait for it to end, or stop it");
    }

    /** The locked file; a closed channel if it is locked elsewhere; null if it was deleted meanwhile. */
    private static FileChannel tryLock(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // of another process, or of one that was killed
        }
        try {
            Object before = key(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() == null) {
                    channel.close();
                    return channel;
                }
                if (Objects.equals(before, key(file))) return channel;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            channel.close();
            return null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(folder.resolve(FILE));
        } finally {
            HELD.remove(folder);
        }
    }
}
