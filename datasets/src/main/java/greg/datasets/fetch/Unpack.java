package greg.datasets.fetch;

import greg.datasets.DatasetException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** How a downloaded file is unpacked. */
public enum Unpack {
    /** It stays as it is. */
    NOTHING {
        @Override
        void unpack(InputStream in, Target target) {}
    },
    /** A gzipped tar file; it is removed afterwards. */
    TAR_GZ {
        @Override
        void unpack(InputStream in, Target target) throws IOException {
            tar(new GZIPInputStream(in, 1 << 16), target);
        }
    },
    /** A zip file; it is removed afterwards. */
    ZIP {
        @Override
        void unpack(InputStream in, Target target) throws IOException {
            ZipInputStream zip = new ZipInputStream(in);
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                if (!entry.isDirectory()) {
                    target.file(entry.getName(), zip);
                    continue;
                }
                target.folder(entry.getName());
                target.skip(zip);
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
    private static final int MAX_PAX = 1 << 16;

    /** Records of a pax header that say something else about the next entry than its own header. */
    private static final Pattern PAX_OVERRIDE = Pattern.compile("(?m)^\\d+ (path|size|GNU\\.sparse\\.[^=]*)=");

    /**
     * Unpacks {@code file} into {@code folder}, whose links are not followed, and removes it.
     *
     * @throws DatasetException if the archive is damaged, would write outside the folder or unpacks to far more than its size
     */
    public void run(Path file, Path folder) {
        if (this == NOTHING) return;
        try {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
                unpack(in, new Target(folder, Files.size(file)));
            }
            Files.delete(file);
        } catch (IOException e) {
            throw failure(file, folder, Download.reason(e), e);
        } catch (IllegalArgumentException e) { // a name that is not UTF-8, or that the system cannot have
            throw failure(file, folder, "an entry has a name that is not possible here", e);
        }
    }

    private static DatasetException failure(Path file, Path folder, String why, Exception e) {
        return new DatasetException(
                file + ": cannot be unpacked into " + folder + " (" + why + "); remove it and fetch again", e);
    }

    abstract void unpack(InputStream in, Target target) throws IOException;

    /** Files and folders of a tar stream (POSIX ustar); links and devices are skipped. */
    private static void tar(InputStream in, Target target) throws IOException {
        byte[] header = new byte[BLOCK];
        while (true) {
            int got = in.readNBytes(header, 0, BLOCK);
            if (got == 0 || got == BLOCK && header[0] == 0) return;
            if (got < BLOCK) throw new EOFException("the archive ends in the middle of a header");
            String prefix = text(header, PREFIX_AT, PREFIX_LENGTH);
            String name = text(header, 0, NAME_LENGTH);
            if (!prefix.isEmpty()) name = prefix + "/" + name;
            long size = octal(text(header, SIZE_AT, SIZE_LENGTH));
            Bounded content = new Bounded(in, size);
            switch (header[TYPE_AT]) {
                case '0', 0, '7' -> target.file(name, content);
                case '5' -> target.folder(name);
                case '1', '2', '3', '4', '6' -> {}
                case 'x', 'g' -> pax(content);
                default ->
                    throw new IOException("entry '" + name + "' is of the kind '" + (char) header[TYPE_AT]
                            + "'; expected a file, a folder or a link with a name of at most 255 bytes");
            }
            target.skip(content);
            in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
        }
    }

    private static void pax(Bounded content) throws IOException {
        byte[] records = content.readNBytes(MAX_PAX);
        boolean overrides = PAX_OVERRIDE
                .matcher(new String(records, StandardCharsets.UTF_8))
                .find();
        if (overrides || records.length == MAX_PAX) {
            throw new IOException("a pax header names or measures an entry in place of the entry's own header");
        }
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) end++;
        return new String(header, from, end - from, StandardCharsets.UTF_8);
    }

    private static long octal(String digits) throws IOException {
        if (digits.strip().matches("[0-7]{1,12}")) return Long.parseLong(digits.strip(), 8);
        throw new IOException("expected the size of an entry in octal digits, got '" + digits + "'");
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
