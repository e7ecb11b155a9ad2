package greg.nn.io;

import greg.nn.StateDict;
import greg.nn.io.TorchUnpickler.StorageRef;
import greg.nn.io.TorchUnpickler.TensorRef;
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
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import net.razorvine.pickle.PickleException;

/**
 * Checkpoints of {@code torch.save}: zip archives (PyTorch 1.6 and later) and the stream of pickles that earlier versions
 * wrote. Only tensors are read, nothing in the file is executed.
 *
 * <p>The weights are the file's dictionary itself or the one stored in it under {@code state_dict}, {@code
 * model_state_dict}, {@code model} or {@code net}; a {@code module.} prefix is removed. Strings and numbers beside them
 * become metadata.
 */
public final class TorchPickle {
    private static final List<String> PLACES = List.of("state_dict", "model_state_dict", "model", "net");
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final int LEGACY_PROTOCOL = 1001;

    private TorchPickle() {}

    /** Finds the bytes of a storage. */
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
            String what = String.valueOf(e.getMessage()).replaceAll("\\s+", " ").trim();
            throw new CheckpointException("read " + file + " of PyTorch: " + what, e);
        } catch (RuntimeException e) {
            // a pickle that torch.save did not make, or that is damaged, fails in any of the casts and look-ups
            throw new CheckpointException("read " + file + " of PyTorch: it is damaged, or not made by torch.save", e);
        }
    }

    /** PREFIX/data.pkl, PREFIX/data/KEY, ... */
    private static Checkpoint readZip(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry pickle = zip.stream()
                    .filter(e ->
                            e.getName().endsWith("/data.pkl") || e.getName().equals("data.pkl"))
                    .findFirst()
                    .orElseThrow(() -> new PickleException("the archive has no data.pkl"));
            String prefix = pickle.getName().substring(0, pickle.getName().length() - "data.pkl".length());
            ZipEntry order = zip.getEntry(prefix + "byteorder");
            if (order != null) {
                String text = new String(zip.getInputStream(order).readAllBytes(), StandardCharsets.US_ASCII);
                if (!text.trim().equals("little")) throw new PickleException("its byte order is '" + text + "'");
            }
            Object root;
            try (InputStream in = new BufferedInputStream(zip.getInputStream(pickle))) {
                root = new TorchUnpickler(pickle.getSize()).load(in);
            }
            return checkpoint(file, root, ref -> {
                ZipEntry entry = zip.getEntry(prefix + "data/" + ref.key());
                if (entry == null) throw new PickleException("the archive has no data/" + ref.key());
                try (InputStream in = zip.getInputStream(entry)) {
                    return numbers(in, ref.type(), ref.length());
                }
            });
        }
    }

    /** Pickles of a magic number, a version, the system, the object and its storages' keys; then the storages. */
    private static Checkpoint readLegacy(Path file) throws IOException {
        long size = Files.size(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            if (!LEGACY_MAGIC.equals(new TorchUnpickler(size).load(in))) {
                throw new PickleException("it does not start with torch.save's magic number");
            }
            Object version = new TorchUnpickler(size).load(in);
            if (!(version instanceof Number n) || n.intValue() != LEGACY_PROTOCOL) {
                throw new PickleException("expected protocol " + LEGACY_PROTOCOL + ", got " + version);
            }
            Map<?, ?> system = (Map<?, ?>) new TorchUnpickler(size).load(in);
            if (!Boolean.TRUE.equals(system.get("little_endian"))) throw new PickleException("it is big endian");
            TorchUnpickler unpickler = new TorchUnpickler(size);
            Object root = unpickler.load(in);
            Map<String, float[]> storages = new HashMap<>();
            for (Object key : (List<?>) new TorchUnpickler(size).load(in)) {
                long length = ByteBuffer.wrap(exactly(in, 8))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong();
                ElementType type = unpickler.types().get(key.toString());
                if (type == null) throw new PickleException("storage " + key + " belongs to no tensor");
                storages.put(key.toString(), numbers(in, type, length));
            }
            return checkpoint(file, root, ref -> {
                float[] values = storages.get(ref.key());
                if (values == null) throw new PickleException("there is no storage " + ref.key());
                return values;
            });
        }
    }

    private static float[] numbers(InputStream in, ElementType type, long length) throws IOException {
        if (length < 0 || length > Integer.MAX_VALUE / type.bytes()) {
            throw new PickleException("a storage of " + length + " elements is too large");
        }
        ByteBuffer bytes =
                ByteBuffer.wrap(exactly(in, (int) length * type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[(int) length];
        type.decode(bytes, values, 0, values.length);
        return values;
    }

    private static byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) throw new EOFException("the file is truncated");
        return bytes;
    }

    private static Checkpoint checkpoint(Path file, Object root, Storages storages) throws IOException {
        Map<String, TensorRef> tensors = tensors(root);
        Map<String, String> metadata = new TreeMap<>();
        if (root instanceof Map<?, ?> map) {
            for (String place : PLACES) if (tensors.isEmpty()) tensors = tensors(map.get(place));
            map.forEach((key, value) -> {
                if (value instanceof String || value instanceof Number) metadata.put(key.toString(), value.toString());
            });
        }
        if (tensors.isEmpty()) {
            throw new PickleException("it holds no dictionary of tensors, neither at the top level nor under " + PLACES
                    + "; save model.state_dict() rather than the model");
        }
        Map<String, float[]> loaded = new HashMap<>();
        StateDict state = new StateDict();
        for (Map.Entry<String, TensorRef> entry : tensors.entrySet()) {
            TensorRef ref = entry.getValue();
            for (int dim : ref.size()) if (dim < 1) throw new PickleException("tensor " + entry.getKey() + " is empty");
            float[] storage = loaded.get(ref.storage().key());
            if (storage == null) {
                storage = storages.load(ref.storage());
                loaded.put(ref.storage().key(), storage);
            }
            state.put(entry.getKey(), Shape.of(ref.size()), TorchUnpickler.gather(entry.getKey(), ref, storage));
        }
        return new Checkpoint(file, state.withoutPrefix(), metadata);
    }

    private static Map<String, TensorRef> tensors(Object value) {
        Map<String, TensorRef> tensors = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, entry) -> {
                if (entry instanceof TensorRef ref) tensors.put(name.toString(), ref);
            });
        }
        return tensors;
    }
}
