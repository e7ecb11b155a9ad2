package greg.datasets.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The folder into which an archive is unpacked: nothing is written outside it, through a link, or without end. */
final class Target {
    private static final int MAX_ENTRIES = 1_000_000;
    private static final int BUFFER = 1 << 16;

    /** Photographs hardly shrink in an archive, arrays of pixels to perhaps a third. */
    private static final int MAX_EXPANSION = 20;

    private static final long ALWAYS_ALLOWED = 1 << 20;

    private final Path root;
    private final long limit;
    private long left;
    private int entries;

    /**
     * Prepares a folder.
     *
     * @param packed length of the archive in bytes, which limits what it may unpack to
     */
    Target(Path folder, long packed) throws IOException {
        root = Files.createDirectories(folder).toRealPath();
        limit = MAX_EXPANSION * packed + ALWAYS_ALLOWED;
        left = limit;
    }

    /** Creates a folder; {@code .} is the root itself. */
    void folder(String name) throws IOException {
        Files.createDirectories(inside(name));
    }

    /** Writes a file: complete under its name, or not at all. */
    void file(String name, InputStream content) throws IOException {
        Path file = inside(name);
        if (file.equals(root)) throw new IOException("entry '" + name + "' is a file without a name");
        Files.createDirectories(file.getParent());
        Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        try {
            try (OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW)) {
                copy(content, out);
            }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Reads what is not wanted: it counts like the rest. */
    void skip(InputStream content) throws IOException {
        copy(content, OutputStream.nullOutputStream());
    }

    private void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int count; (count = from.read(buffer)) >= 0; ) {
            left -= count;
            if (left < 0) throw new IOException("it unpacks to more than " + limit + " bytes");
            to.write(buffer, 0, count);
        }
    }

    /** The path of an entry; throws if its name leads, or could lead, out of the folder. */
    private Path inside(String name) throws IOException {
        if (++entries > MAX_ENTRIES) throw new IOException("it has more than " + MAX_ENTRIES + " entries");
        List<String> parts = List.of(name.split("/"));
        boolean absolute = name.startsWith("/") || name.contains(":") || name.contains("\\");
        if (name.isEmpty() || absolute || parts.contains("..")) {
            throw new IOException("entry '" + name + "' lies outside the folder");
        }
        Path path = root;
        for (String part : parts) {
            if (part.isEmpty() || part.equals(".")) continue;
            path = path.resolve(part);
            if (Files.isSymbolicLink(path)) {
                throw new IOException("entry '" + name + "' would be written through the link " + path);
            }
        }
        return path;
    }
}
