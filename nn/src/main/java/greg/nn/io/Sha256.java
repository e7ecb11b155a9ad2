package greg.nn.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256, which identifies the content of a file. */
public final class Sha256 {
    private final MessageDigest digest;

    /** Of nothing yet. */
    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must provide SHA-256", e);
        }
    }

    /** Adds all that remains in {@code bytes}. */
    public Sha256 add(ByteBuffer bytes) {
        digest.update(bytes);
        return this;
    }

    /** Adds text in UTF-8. */
    public Sha256 add(String text) {
        return add(StandardCharsets.UTF_8.encode(text));
    }

    /** Adds text behind its length, so that two texts in a row cannot be cut elsewhere and look the same. */
    Sha256 addPart(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return add(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip())
                .add(ByteBuffer.wrap(bytes));
    }

    /** Of all that was added so far, as 64 hexadecimal digits; more may follow. */
    public String hex() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
        }
    }
}
