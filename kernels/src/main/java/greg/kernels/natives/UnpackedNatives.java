package greg.kernels.natives;

import greg.kernels.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;

/**
 * The native libraries of a jar in a folder from which they are loaded, in the places in which JavaCPP expects them. JavaCPP by
 * itself takes a file whose size and date are right, whatever it holds.
 */
public final class UnpackedNatives {
    private static final int BUFFER_BYTES = 1 << 18;

    private UnpackedNatives() {}

    /**
     * Makes the files that lie beside {@code resource} in its jar lie in {@code folder} too: {@code
     * folder/name-of-jar/path-in-jar}, with the dates of the jar. A file whose checksum is that of the jar stays; another is replaced in
     * one step, so that processes that start at the same time do not meet half a file.
     *
     * <p>Resources that lie in folders and not in a jar are left to JavaCPP.
     *
     * @throws KernelException if a file cannot be written
     */
    public static void unpack(URL resource, Path folder) {
        try {
            URLConnection connection = resource.openConnection();
            if (!(connection instanceof JarURLConnection inJar)) return;
            // shared with the class loader, which closes it
            JarFile jar = inJar.getJarFile();
            String beside = inJar.getEntryName();
            String parent = beside.substring(0, beside.lastIndexOf('/') + 1);
            Path root = folder.resolve(Path.of(jar.getName()).getFileName());
            List<JarEntry> entries = jar.stream()
                    .filter(entry -> !entry.isDirectory()
                            && entry.getName().startsWith(parent)
                            && entry.getName().indexOf('/', parent.length()) < 0)
                    .toList();
            for (JarEntry entry : entries) unpack(jar, entry, root.resolve(entry.getName()));
        } catch (IOException e) {
            throw new KernelException(
                    "unpacking the native libraries of " + resource + " into " + folder + " failed: " + e, e);
        }
    }

    private static void unpack(JarFile jar, JarEntry entry, Path file) throws IOException {
        FileTime date = FileTime.fromMillis(entry.getTime());
        if (holds(file, entry)) {
            // of another date, JavaCPP would write it again
            if (!Files.getLastModifiedTime(file).equals(date)) Files.setLastModifiedTime(file, date);
            return;
        }
        Files.createDirectories(file.getParent());
        Path part = Files.createTempFile(file.getParent(), file.getFileName() + ".", ".part");
        try {
            try (InputStream in = jar.getInputStream(entry);
                    OutputStream out = Files.newOutputStream(part)) {
                in.transferTo(out);
            }
            if (!holds(part, entry)) throw new IOException(entry.getName() + " is damaged in " + jar.getName());
            Files.setLastModifiedTime(part, date);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Whether it is a file of the entry's size and CRC-32: the folder keeps forgers out, this finds damage. */
    private static boolean holds(Path file, JarEntry entry) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != entry.getSize()) return false;
        CRC32 crc = new CRC32();
        // not mapped: Windows would not let the file be renamed then
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer) >= 0) {
                crc.update(buffer.flip());
                buffer.clear();
            }
        }
        return crc.getValue() == entry.getCrc();
    }
}
