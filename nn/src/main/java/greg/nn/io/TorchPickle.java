package greg.nn.io;

import greg.nn.StateDict;
import greg.nn.io.TorchUnpickler.StorageRef;
import greg.tensor.Shape;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.razorvine.pickle.PickleException;

/**
 * Checkpoints of {@code torch.save}: zip archives (PyTorch 1.6 and later) and the stream of pickles that earlier versions
 * wrote. Only tensors are read, nothing in the file is executed, and a file is refused before it makes the reader ask for
 * more memory than a small multiple of its size.
 *
 * <p>The weights are the file's dictionary itself or the one stored in it under {@code state_dict}, {@code
 * model_state_dict}, {@code model} or {@code net}; a {@code module.} prefix is removed. Strings and numbers beside them
 * become metadata.
 */
public final class TorchPickle {
    private static final List<String> PLACES = List.of("state_dict", "model_state_dict", "model", "net");
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final int LEGACY_PROTOCOL = 1001;
    private static final int CHUNK = 1 << 20;

    /** Tensors may share a storage or be expanded views of it, but not so that they hold much more than the file does. */
    private static final int MAX_ELEMENTS_PER_BYTE = 4;

    private TorchPickle() {}

    /** What the pickle says: tensors still without elements, by name, and metadata. */
    private record Contents(Map<String, TorchTensor> tensors, Map<String, String> metadata) {}

    /** Finds the elements of a storage. */
    @FunctionalInterface
    private interface Storages {
        float[] load(StorageRef ref) throws IOException;
    }

    /**
     * Reads a file of either format.
     *
     * @throws CheckpointException if it is damaged or holds no state dict; the message names the file
     */
    public static Checkpoint read(Path file) {
        try (InputStream start = Files.newInputStream(file)) {
            return start.read() == 'P' ? readZip(file) : readLegacy(file);
        } catch (IOException e) {
            throw new CheckpointException("read " + file + " of PyTorch: " + AtomicFile.reason(e), e);
        } catch (PickleException e) {
            throw new CheckpointException(
                    "read " + file + " of PyTorch: " + CheckpointException.line(e.getMessage()), e);
        } catch (RuntimeException e) {
            // a pickle that torch.save did not make, or that is damaged, fails in any of the casts and look-ups
            throw new CheckpointException("read " + file + " of PyTorch: it is damaged, or not made by torch.save", e);
        }
    }

    private static Checkpoint readZip(Path file) throws IOException {
        try (TorchArchive archive = new TorchArchive(file)) {
            if (archive.has("byteorder")) {
                byte[] order = archive.read("byteorder", 0, in -> in.readNBytes(16));
                String text = new String(order, StandardCharsets.US_ASCII).trim();
                if (!text.equals("little")) throw new PickleException("its byte order is '" + text + "'");
            }
            Contents contents = archive.read("data.pkl", 0, in -> contents(new TorchUnpickler().load(in)));
            return checkpoint(file, contents, ref -> {
                ElementType type = ref.type();
                long bytes = Math.multiplyExact(ref.length(), type.bytes());
                return archive.read("data/" + ref.key(), bytes, in -> numbers(in, type, ref.length()));
            });
        }
    }

    /** Pickles of a magic number, a version, the system, the object and its storages' keys; then the storages. */
    private static Checkpoint readLegacy(Path file) throws IOException {
        long size = Files.size(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            if (!LEGACY_MAGIC.equals(new TorchUnpickler().load(in))) {
                throw new PickleException("it does not start with torch.save's magic number");
            }
            if (!(new TorchUnpickler().load(in) instanceof Integer version) || version != LEGACY_PROTOCOL) {
                throw new PickleException("expected protocol " + LEGACY_PROTOCOL + " of torch.save, got another");
            }
            Map<?, ?> system = (Map<?, ?>) new TorchUnpickler().load(in);
            if (!Boolean.TRUE.equals(system.get("little_endian"))) throw new PickleException("it is big endian");
            TorchUnpickler unpickler = new TorchUnpickler();
            Contents contents = contents(unpickler.load(in));
            List<?> keys = (List<?>) new TorchUnpickler().load(in);
            Map<String, float[]> storages = new HashMap<>();
            for (TorchTensor tensor : contents.tensors().values())
                storages.put(tensor.storage().key(), null);
            for (Object key : keys) {
                long length = ByteBuffer.wrap(exactly(in, 8))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong();
                ElementType type = unpickler.types().get((String) key);
                if (type == null) throw new PickleException("storage " + key + " belongs to no tensor");
                if (length < 0 || length > size / type.bytes()) throw new EOFException("the file is truncated");
                if (storages.containsKey(key)) storages.put((String) key, numbers(in, type, length));
                else in.skipNBytes(length * type.bytes()); // of an optimizer
            }
            return checkpoint(file, contents, ref -> {
                float[] values = storages.remove(ref.key());
                if (values == null) throw new PickleException("there is no storage " + ref.key());
                return values;
            });
        }
    }

    /** The caller has seen that the file is long enough. */
    private static float[] numbers(InputStream in, ElementType type, long length) throws IOException {
        if (length < 0 || length > Integer.MAX_VALUE - 8) {
            throw new PickleException("a storage of " + length + " elements is too large");
        }
        float[] values = new float[(int) length];
        for (int done = 0; done < values.length; ) {
            int count = Math.min(values.length - done, CHUNK / type.bytes());
            ByteBuffer chunk =
                    ByteBuffer.wrap(exactly(in, count * type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
            type.decode(chunk, values, done, count);
            done += count;
        }
        return values;
    }

    private static byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) throw new EOFException("the file is truncated");
        return bytes;
    }

    private static Contents contents(Object root) {
        Map<String, TorchTensor> tensors = tensors(root);
        Map<String, String> metadata = new TreeMap<>();
        if (root instanceof Map<?, ?> map) {
            for (String place : PLACES) if (tensors.isEmpty()) tensors = tensors(map.get(place));
            map.forEach((key, value) -> {
                if (value instanceof String || value instanceof Number) metadata.put((String) key, value.toString());
            });
        }
        if (tensors.isEmpty()) {
            throw new PickleException("it holds no dictionary of tensors, neither at the top level nor under " + PLACES
                    + "; save model.state_dict() rather than the model");
        }
        return new Contents(tensors, metadata);
    }

    private static Map<String, TorchTensor> tensors(Object value) {
        Map<String, TorchTensor> tensors = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, entry) -> {
                if (entry instanceof TorchTensor tensor) tensors.put((String) name, tensor);
            });
        }
        return tensors;
    }

    private static Checkpoint checkpoint(Path file, Contents contents, Storages storages) throws IOException {
        Map<String, Integer> uses = uses(contents.tensors(), Files.size(file));
        Map<String, float[]> shared = new HashMap<>();
        StateDict state = new StateDict();
        for (Map.Entry<String, TorchTensor> entry : contents.tensors().entrySet()) {
            TorchTensor tensor = entry.getValue();
            String key = tensor.storage().key();
            float[] storage = shared.remove(key);
            if (storage == null) storage = storages.load(tensor.storage());
            boolean last = uses.merge(key, -1, Integer::sum) == 0;
            if (!last) shared.put(key, storage);
            state.put(entry.getKey(), Shape.of(tensor.size()), tensor.gather(entry.getKey(), storage, last));
        }
        return new Checkpoint(file, state.withoutPrefix(), contents.metadata());
    }

    /** How many tensors use each storage, once it is known that together they are not much larger than the file. */
    private static Map<String, Integer> uses(Map<String, TorchTensor> tensors, long fileSize) {
        Map<String, Integer> uses = new HashMap<>();
        long left = MAX_ELEMENTS_PER_BYTE * fileSize;
        for (Map.Entry<String, TorchTensor> entry : tensors.entrySet()) {
            uses.merge(entry.getValue().storage().key(), 1, Integer::sum);
            long count = entry.getValue().count(entry.getKey());
            if (count > left) {
                throw new PickleException("the tensors up to " + entry.getKey() + " have far more elements than the "
                        + fileSize + " bytes of the file hold; save copies of expanded tensors (tensor.clone())");
            }
            left -= count;
        }
        return uses;
    }
}
