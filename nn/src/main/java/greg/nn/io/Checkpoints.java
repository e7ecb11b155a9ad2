package greg.nn.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads checkpoints of any supported format, which is recognised by the content and not by the file name. */
public final class Checkpoints {
    private static final int PICKLE = 0x80;

    private Checkpoints() {}

    /**
     * Reads a checkpoint: safetensors, or a file of {@code torch.save} (.pth, .pt, .th, .tar), zip or legacy.
     *
     * @throws CheckpointException if there is none or it cannot be read; the message names the file
     */
    public static Checkpoint load(Path file) {
        if (Files.isDirectory(file)) {
            throw new CheckpointException("read " + file + ": expected a checkpoint file, this is a folder");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new CheckpointException("read " + file + ": expected a checkpoint file, this is a pipe or a device");
        }
        byte[] magic;
        try (InputStream in = Files.newInputStream(file)) {
            magic = in.readNBytes(9);
        } catch (IOException e) {
            throw new CheckpointException("read " + file + ": " + AtomicFile.reason(e), e);
        }
        if (magic.length == 9) {
            if (magic[8] == '{') return Safetensors.read(file);
            boolean zip = magic[0] == 'P' && magic[1] == 'K';
            if (zip || (magic[0] & 0xFF) == PICKLE) return TorchPickle.read(file);
        }
        throw new CheckpointException(
                "read " + file + ": this is not a checkpoint; expected safetensors or a file of torch.save");
    }
}
