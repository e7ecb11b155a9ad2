package greg.nn.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads checkpoints of any format that is known, told by the content and not by the name. */
public final class Checkpoints {
    private Checkpoints() {}

    /**
     * Reads a checkpoint.
     *
     * @throws CheckpointException if there is none or it cannot be read; the message names the file
     */
    public static Checkpoint load(Path file) {
        if (Files.isDirectory(file)) {
            throw new CheckpointException("read " + file + ": expected a checkpoint file, this is a folder");
        }
        byte[] magic = new byte[9];
        int length;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            length = Math.max(in.read(ByteBuffer.wrap(magic)), 0);
        } catch (IOException e) {
            throw new CheckpointException("read " + file + ": " + AtomicFile.reason(e), e);
        }
        if (length == magic.length && magic[8] == '{') return Safetensors.read(file);
        throw new CheckpointException("read " + file + ": this is not a checkpoint; expected safetensors");
    }
}
