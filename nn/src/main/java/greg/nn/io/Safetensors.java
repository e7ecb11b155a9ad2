package greg.nn.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import greg.nn.StateDict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format: u64 LE length of the header, a JSON header (name -&gt; dtype, shape, data_offsets; strings under
 * {@code __metadata__}) padded with blanks to 8 bytes, then the data, little endian, row-major. What is written has checksums
 * among the metadata, which other programs need not know; what is read is compared with them.
 */
public final class Safetensors {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHUNK = 1 << 20;

    private Safetensors() {}

    /**
     * Reads a file. F32 as it is; F16, BF16 and F64, I8, I16, I32, I64, U8 and BOOL become the nearest float. Checksums are
     * verified where the file has them; they are not part of the metadata.
     *
     * @throws CheckpointException if the file is truncated, damaged or holds another type; the message names the file
     */
    public static Checkpoint read(Path file) {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(file, in);
            Map<String, String> metadata = header.metadata();
            boolean checked = Checksums.in(metadata);
            if (checked) Checksums.verifyRest(file, metadata, header.described());
            StateDict state = new StateDict();
            for (SafetensorsHeader.Tensor tensor : header.tensors()) {
                Sha256 sum = checked ? new Sha256() : null;
                state.put(tensor.name(), tensor.shape(), values(in, header.dataStart(), tensor, sum));
                if (checked) Checksums.verifyTensor(file, metadata, tensor.name(), sum);
            }
            return new Checkpoint(file, state, Checksums.removed(metadata));
        } catch (IOException e) {
            throw new CheckpointException("read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    /**
     * What the writer of a file says of it, without its tensors: their checksums are not verified, everything else's is.
     *
     * @throws CheckpointException as {@link #read}
     */
    public static Map<String, String> metadata(Path file) {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(file, in);
            if (Checksums.in(header.metadata())) Checksums.verifyRest(file, header.metadata(), header.described());
            return Checksums.removed(header.metadata());
        } catch (IOException e) {
            throw new CheckpointException("read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    private static float[] values(FileChannel in, long dataStart, SafetensorsHeader.Tensor tensor, Sha256 sum)
            throws IOException {
        float[] values = new float[Math.toIntExact(tensor.shape().size())];
        int width = tensor.type().bytes();
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, (long) values.length * width))
                .order(ByteOrder.LITTLE_ENDIAN);
        long position = dataStart + tensor.begin();
        for (int done = 0; done < values.length; ) {
            int count = Math.min(values.length - done, chunk.capacity() / width);
            chunk.clear().limit(count * width);
            readFully(in, chunk, position);
            chunk.flip();
            if (sum != null) sum.add(chunk.duplicate());
            tensor.type().decode(chunk, values, done, count);
            done += count;
            position += (long) count * width;
        }
        return values;
    }

    /** Fills {@code target} from {@code position} on. */
    static void readFully(FileChannel in, ByteBuffer target, long position) throws IOException {
        long from = position;
        while (target.hasRemaining()) {
            int count = in.read(target, from);
            if (count < 0) throw new IOException("the file ends at byte " + from + "; it is truncated");
            from += count;
        }
    }

    /**
     * Writes all tensors as F32, in order, the metadata and the checksums; see {@link AtomicFile} for what happens on failure.
     *
     * @param metadata strings to store with the tensors, e.g. {@code arch}
     */
    public static void write(Path file, StateDict state, Map<String, String> metadata) {
        AtomicFile.write(file, content(state, metadata));
    }

    /** As above; the file that is replaced, if there is one, is kept under the name {@code former}. */
    public static void write(Path file, Path former, StateDict state, Map<String, String> metadata) {
        AtomicFile.write(file, former, content(state, metadata));
    }

    private static AtomicFile.Content content(StateDict state, Map<String, String> metadata) {
        return out -> {
            Map<String, String> tensors = new HashMap<>();
            Map<String, String> sums = new LinkedHashMap<>();
            for (String name : state.names()) {
                StateDict.Entry entry = state.get(name);
                tensors.put(
                        name, Checksums.describe(ElementType.F32, entry.shape().dims()));
                Sha256 sum = new Sha256();
                forEachChunk(entry.values(), sum::add);
                sums.put(name, sum.hex());
            }
            byte[] header = header(state, Checksums.added(metadata, tensors, sums));
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            AtomicFile.writeFully(out, length.putLong(header.length).flip());
            AtomicFile.writeFully(out, ByteBuffer.wrap(header));
            for (String name : state.names()) {
                forEachChunk(state.get(name).values(), chunk -> AtomicFile.writeFully(out, chunk));
            }
        };
    }

    /** Receives a part of a tensor's bytes. */
    @FunctionalInterface
    private interface Chunk {
        void accept(ByteBuffer bytes) throws IOException;
    }

    private static void forEachChunk(float[] values, Chunk use) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (int done = 0; done < values.length; ) {
            int count = Math.min(values.length - done, CHUNK / Float.BYTES);
            chunk.clear().limit(count * Float.BYTES);
            chunk.asFloatBuffer().put(values, done, count);
            use.accept(chunk);
            done += count;
        }
    }

    private static byte[] header(StateDict state, Map<String, String> metadata) {
        ObjectNode root = JSON.createObjectNode();
        ObjectNode strings = root.putObject(SafetensorsHeader.METADATA);
        metadata.forEach(strings::put);
        long offset = 0;
        for (String name : state.names()) {
            StateDict.Entry entry = state.get(name);
            long end = offset + entry.values().length * (long) Float.BYTES;
            ObjectNode tensor = root.putObject(name).put("dtype", "F32");
            var shape = tensor.putArray("shape");
            for (int dim : entry.shape().dims()) shape.add(dim);
            var offsets = tensor.putArray("data_offsets");
            for (long bound : List.of(offset, end)) offsets.add(bound);
            offset = end;
        }
        try {
            StringBuilder text = new StringBuilder(JSON.writeValueAsString(root));
            int bytes = text.toString().getBytes(StandardCharsets.UTF_8).length;
            text.append(" ".repeat((8 - bytes % 8) % 8));
            return text.toString().getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("safetensors: a tree of strings and numbers could not be written", e);
        }
    }
}
