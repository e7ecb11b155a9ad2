package greg.nn.io;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import net.razorvine.pickle.PickleException;

/**
 * The zip archive of a checkpoint: PREFIX/data.pkl, PREFIX/data/KEY, ... {@code torch.save} stores its entries without
 * compressing them. So sizes can be checked against that of the file before anything is allocated for an entry, and an
 * archive with compressed entries, or with entries that are together larger than the file, is refused.
 */
final class TorchArchive implements AutoCloseable {
    private static final String PICKLE = "data.pkl";

    private final ZipFile zip;
    private final Map<String, ZipEntry> entries = new HashMap<>();
    private final String prefix;
    private long unread;

    /** Reads the content of an entry. */
    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream in) throws IOException;
    }

    TorchArchive(Path file) throws IOException {
        unread = Files.size(file);
        zip = new ZipFile(file.toFile());
        try {
            zip.stream().forEach(this::add);
            prefix = entries.keySet().stream()
                    .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
                    .map(name -> name.substring(0, name.length() - PICKLE.length()))
                    .min(String::compareTo)
                    .orElseThrow(() -> new PickleException("the archive has no " + PICKLE));
        } catch (RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private void add(ZipEntry entry) {
        if (entries.put(entry.getName(), entry) != null) {
            throw new PickleException("the archive has two entries " + entry.getName());
        }
    }

    /** Whether there is PREFIX/name. */
    boolean has(String name) {
        return entries.containsKey(prefix + name);
    }

    /**
     * Reads PREFIX/name and compares its checksum.
     *
     * @param bytes that it must have at least
     */
    <T> T read(String name, long bytes, Reader<T> reader) throws IOException {
        ZipEntry entry = entries.get(prefix + name);
        if (entry == null) throw new PickleException("the archive has no " + name);
        long size = entry.getSize();
        if (entry.getMethod() != ZipEntry.STORED || entry.getCompressedSize() != size) {
            throw new PickleException(name + " is compressed, which torch.save never does");
        }
        unread -= size;
        if (size < 0 || unread < 0) throw new PickleException("its entries have more bytes than the file");
        if (size < bytes) throw new PickleException(name + " has " + size + " bytes, expected " + bytes);
        CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32());
        try (InputStream buffered = new BufferedInputStream(in, 1 << 16)) {
            T value = reader.read(buffered);
            buffered.transferTo(OutputStream.nullOutputStream());
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw new PickleException("the checksum of " + name + " is wrong: the file is damaged");
            }
            return value;
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
