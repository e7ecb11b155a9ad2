package greg.nn.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files are read or refused with our own exception; nothing else is thrown, overflows, or takes forever. */
class MutantsTest {
    private static final int MUTANTS = 400;
    private static final int[] EDGES = {0, 1, -1, 0x7FFFFFFF, 0x80000000, 0xFFFF, 1 << 24, 100};

    @TempDir
    Path folder;

    /** A copy with one to three bits, bytes, numbers or ranges changed. */
    private static byte[] mutant(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(bytes.length);
            int other = random.nextInt(bytes.length);
            int length = Math.min(random.nextInt(40), bytes.length - Math.max(at, other));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> System.arraycopy(bytes, at, bytes, other, length);
                case 3 -> bytes = Arrays.copyOf(bytes, 1 + at);
                case 4 -> {
                    byte[] cut = Arrays.copyOf(bytes, Math.max(1, bytes.length - length));
                    System.arraycopy(bytes, at + length, cut, at, Math.max(0, cut.length - at));
                    bytes = cut;
                }
                default -> {
                    byte[] number = ByteBuffer.allocate(4)
                            .putInt(Integer.reverseBytes(EDGES[random.nextInt(EDGES.length)]))
                            .array();
                    System.arraycopy(number, 0, bytes, at, Math.min(4, bytes.length - at));
                }
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th", "plain.pt", "list.pt", "small.safetensors"})
    void aDamagedCheckpointIsReadOrRefused(String name) throws IOException {
        byte[] original;
        try (InputStream in = MutantsTest.class.getResourceAsStream(name)) {
            original = in.readAllBytes();
        }
        Path file = folder.resolve(name);
        int refused = 0;
        for (int seed = 0; seed < MUTANTS; seed++) {
            byte[] bytes = mutant(original, new Random(seed));
            Files.write(file, bytes);
            try {
                Checkpoints.load(file);
            } catch (CheckpointException e) {
                refused++;
                assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "mutant " + seed + " of " + name + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        assertTrue(refused > MUTANTS / 4, refused + " refused");
    }
}
