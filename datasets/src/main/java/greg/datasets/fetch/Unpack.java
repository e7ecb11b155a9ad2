package greg.datasets.fetch;

import greg.datasets.DatasetException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** How a downloaded file is unpacked. */
public enum Unpack {
    /** It stays as it is. */
    NOTHING {
        @Override
        void unpack(InputStream in, Path folder) {}
    },
    /** A gzipped tar file; it is removed afterwards. */
    TAR_GZ {
        @Override
        void unpack(InputStream in, Path folder) throws IOException {
            tar(new GZIPInputStream(in, 1 << 16), folder);
        }
    },
    /** A zip file; it is removed afterwards. */
    ZIP {
        @Override
        void unpack(InputStream in, Path folder) throws IOException {
            ZipInputStream zip = new ZipInputStream(in);
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                Path target = inside(folder, entry.getName());
                if (entry.isDirectory()) Files.createDirectories(target);
                else write(zip, target);
            }
        }
    };

    private static final int BLOCK = 512;
    private static final int SIZE_AT = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int TYPE_AT = 156;
    private static final int PREFIX_AT = 345;
    private static final int PREFIX_LENGTH = 155;
    private static final int NAME_LENGTH = 100;

    /**
     * Unpacks {@code file} into {@code folder}.
     *
     * @throws DatasetException if the archive is damaged or would write outside the folder
     */
    public void run(Path file, Path folder) {
        if (this == NOTHING) return;
        try {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
                unpack(in, folder);
            }
            Files.delete(file);
        } catch (IOException e) {
            throw new DatasetException(
                    file + ": cannot be unpacked into " + folder + " (" + Download.reason(e)
                            + "); remove it and fetch again",
                    e);
        }
    }

    abstract void unpack(InputStream in, Path folder) throws IOException;

    /** Files and folders of a tar stream (POSIX ustar); other kinds of entries are skipped. */
    private static void tar(InputStream in, Path folder) throws IOException {
        byte[] header = new byte[BLOCK];
        while (true) {
            int got = in.readNBytes(header, 0, BLOCK);
            if (got == 0 || got == BLOCK && header[0] == 0) return;
            if (got < BLOCK) throw new EOFException("the archive ends in the middle of a header");
            String prefix = text(header, PREFIX_AT, PREFIX_LENGTH);
            String name = text(header, 0, NAME_LENGTH);
            long size = octal(text(header, SIZE_AT, SIZE_LENGTH));
            Path target = inside(folder, prefix.isEmpty() ? name : prefix + "/" + name);
            byte type = header[TYPE_AT];
            if (type == '5') {
                Files.createDirectories(target);
            } else if (type == '0' || type == 0) {
                write(new Bounded(in, size), target);
            } else {
                in.skipNBytes(size);
            }
            in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
        }
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) end++;
        return new String(header, from, end - from, StandardCharsets.UTF_8);
    }

    private static long octal(String digits) throws IOException {
        try {
            return Long.parseLong(digits.strip(), 8);
        } catch (NumberFormatException e) {
            throw new IOException("expected the size of an entry, got '" + digits + "'", e);
        }
    }

    /** The path of an entry; throws if the name leads out of the folder. */
    private static Path inside(Path folder, String name) throws IOException {
        Path root = folder.toAbsolutePath().normalize();
        Path target = root.resolve(name).normalize();
        if (!target.startsWith(root)) throw new IOException("entry '" + name + "' lies outside the folder");
        return target;
    }

    /** Complete under its name, or not at all. */
    private static void write(InputStream in, Path target) throws IOException {
        Files.createDirectories(target.getParent());
        Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The next {@code left} bytes of a stream, all of which must be there. */
    private static final class Bounded extends InputStream {
        private final InputStream in;
        private long left;

        Bounded(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (length == 0) return 0;
            if (left == 0) return -1;
            int count = in.read(into, from, (int) Math.min(length, left));
            if (count < 0) throw new EOFException("the archive ends " + left + " bytes early");
            left -= count;
            return count;
        }
    }
}
