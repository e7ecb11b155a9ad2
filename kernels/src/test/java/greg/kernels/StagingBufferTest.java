package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.kernels.StagingBuffer.Sent;
import greg.kernels.spec.AugmentSpec;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every batch meets the kernels that are issued before the next is sent, however far the host is ahead of the device. */
class StagingBufferTest {
    private static final int BYTES = 300;
    private static final int NUMBERS = 7;
    private static final int BATCHES = 6;

    /** Full batches, but every third is smaller. */
    private static int part(int batch, int full) {
        return batch % 3 == 2 ? full / 2 : full;
    }

    /** Bytes to floats of their value. */
    private static AugmentSpec plain(int n) {
        return new AugmentSpec(1, 1, 1, n, 1, n, 0, false, false, new float[] {0}, new float[] {1 / 255f});
    }

    @ParameterizedTest
    @MethodSource("greg.kernels.BackendsUnderTest#all")
    void batchesDoNotMix(String kind) {
        Backend backend = BackendsUnderTest.open(kind);
        long live = backend.memory().liveBytes();
        byte[] bytes = new byte[BYTES];
        int[] numbers = new int[NUMBERS];
        try (Workspace k = new Workspace(backend)) {
            Storage first = k.put(new int[] {0});
            Storage[] images = new Storage[BATCHES];
            Storage[] labels = new Storage[BATCHES];
            // before the batches: an upload waits for the device
            for (int i = 0; i < BATCHES; i++) {
                images[i] = k.out(part(i, BYTES));
                labels[i] = k.put(new int[part(i, NUMBERS)]);
            }
            backend.augment().batch(plain(1), k.put(new byte[1]), first, 0, 0, k.out(1));
            StagingBuffer staging = backend.staging(BYTES, NUMBERS);
            for (int i = 0; i < BATCHES; i++) {
                int n = part(i, BYTES);
                int count = part(i, NUMBERS);
                Arrays.fill(bytes, (byte) (i + 1));
                Arrays.fill(numbers, 100 + i);
                Sent sent = staging.send(bytes, n, numbers, count);
                Arrays.fill(bytes, (byte) 99); // the caller's again
                Arrays.fill(numbers, 99);
                backend.augment().batch(plain(n), sent.bytes(), first, 0, 0, images[i]);
                backend.transfer().slice(sent.numbers(), 0, labels[i]);
            }
            for (int i = 0; i < BATCHES; i++) {
                float[] expected = new float[part(i, BYTES)];
                Arrays.fill(expected, i + 1);
                assertArrayEquals(expected, k.get(images[i], expected.length), 1e-5f, "bytes of batch " + i);
                int[] back = new int[part(i, NUMBERS)];
                backend.transfer().download(labels[i], back);
                int[] same = new int[back.length];
                Arrays.fill(same, 100 + i);
                assertArrayEquals(same, back, "numbers of batch " + i);
            }
            staging.close(); // not before: it waits for the copies
            staging.close();
        }
        // the first use of a normalization leaves its constants
        assertEquals(live, backend.memory().liveBytes(), 64);
    }
}
