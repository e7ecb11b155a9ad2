package greg.datasets;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over the parts of a data set. Integers enter as 4 bytes, most significant first. */
final class Checksum {

    private final MessageDigest digest = sha256();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must provide SHA-256", e);
        }
    }

    /** Fingerprint by content, the same whichever file format the images came from: sizes, labels, then pixels (HWC). */
    static String ofContent(Dataset d) {
        Checksum sum = new Checksum()
                .add(d.size())
                .add(d.shape().classes())
                .add(d.shape().height())
                .add(d.shape().width())
                .add(d.shape().channels());
        for (int i = 0; i < d.size(); i++) {
            sum.add(d.label(i));
        }
        byte[] image = new byte[d.shape().bytes()];
        for (int i = 0; i < d.size(); i++) {
            d.image(i, image, 0);
            sum.add(image);
        }
        return "sha256:" + sum.hex();
    }

    Checksum add(int value) {
        number.clear().putInt(value).flip();
        digest.update(number);
        return this;
    }

    Checksum add(long value) {
        number.clear().putLong(value).flip();
        digest.update(number);
        return this;
    }

    Checksum add(byte[] bytes) {
        digest.update(bytes);
        return this;
    }

    /** Length first, so that two strings in a row cannot be cut elsewhere and look the same. */
    Checksum add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return add(bytes.length).add(bytes);
    }

    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
