package greg.datasets.fetch;

import java.util.Arrays;
import java.util.Random;

/** Damages bytes as disks, networks and attackers do. */
public final class Mutation {
    private static final int[] EDGES = {0, 1, -1, 0x7FFFFFFF, 0x80000000, 0xFFFF, 1 << 24, 100};

    private Mutation() {}

    /** A copy with one to three bits, bytes, numbers or ranges changed, or with its end missing. */
    public static byte[] of(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(bytes.length);
            int to = random.nextInt(bytes.length);
            int length = Math.min(random.nextInt(40), bytes.length - Math.max(at, to));
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> System.arraycopy(bytes, at, bytes, to, length);
                case 3 -> bytes = Arrays.copyOf(bytes, 1 + at);
                default -> {
                    int edge = EDGES[random.nextInt(EDGES.length)];
                    boolean bigEndian = random.nextBoolean();
                    for (int i = 0; i < 4 && at + i < bytes.length; i++) {
                        bytes[at + i] = (byte) (edge >>> 8 * (bigEndian ? 3 - i : i));
                    }
                }
            }
        }
        return bytes;
    }
}
