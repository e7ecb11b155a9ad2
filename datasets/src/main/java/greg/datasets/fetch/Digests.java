package greg.datasets.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Checksums of files, as {@code md5:} or {@code sha256:} and hexadecimal digits. */
final class Digests {
    private static final int BUFFER = 1 << 16;

    private Digests() {}

    /** What is wrong with a file that should have all these checksums; null if it has them. */
    static String wrong(Path file, List<String> expected) throws IOException {
        List<MessageDigest> digests = new ArrayList<>();
        for (String one : expected) digests.add(algorithm(one));
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            for (int count; (count = in.read(buffer)) >= 0; ) {
                for (MessageDigest digest : digests) digest.update(buffer, 0, count);
            }
        }
        for (int i = 0; i < expected.size(); i++) {
            String kind = expected.get(i).substring(0, expected.get(i).indexOf(':') + 1);
            String found = kind + HexFormat.of().formatHex(digests.get(i).digest());
            if (!found.equals(expected.get(i))) return "expected checksum " + expected.get(i) + ", got " + found;
        }
        return null;
    }

    private static MessageDigest algorithm(String digest) {
        try {
            return MessageDigest.getInstance(digest.startsWith("md5:") ? "MD5" : "SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must provide MD5 and SHA-256", e);
        }
    }
}
