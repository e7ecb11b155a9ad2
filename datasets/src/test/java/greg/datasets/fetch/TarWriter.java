package greg.datasets.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Tar files as the POSIX format says, and others: header of 512 bytes, content padded to 512, two empty blocks. */
final class TarWriter {
    private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

    TarWriter file(String name, String content) {
        return entry(name, '0', content);
    }

    TarWriter folder(String name) {
        return entry(name, '5', "");
    }

    TarWriter entry(String name, char type, String content) {
        byte[] body = content.getBytes(StandardCharsets.UTF_8);
        return entry(name, type, String.format("%011o", body.length), body);
    }

    /** An entry whose header gives a size that may not be that of its content. */
    TarWriter entry(String name, char type, String size, byte[] body) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 124, size);
        header[156] = (byte) type;
        put(header, 157, "../outside");
        put(header, 257, "ustar");
        tar.writeBytes(header);
        tar.writeBytes(Arrays.copyOf(body, (body.length + 511) / 512 * 512));
        return this;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    byte[] bytes() {
        return Arrays.copyOf(tar.toByteArray(), tar.size() + 1024);
    }

    byte[] gzipped() throws IOException {
        return gzip(bytes());
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
