package greg.pruning.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Expected numbers from PyTorch 1.13 (CPU, AVX2, one thread):
 *
 * <pre>
 * torch.set_num_threads(1)
 * x = ((np.arange(n) * 7919 + 13) % 1009).astype(np.float32) / np.float32(1009)
 * float.hex(torch.tensor(x).mean().item())
 * </pre>
 */
class TorchMeanTest {
    @ParameterizedTest
    @CsvSource({
        "1, 0x1.a62f300000000p-7",
        "3, 0x1.0e4aee0000000p-1",
        "6, 0x1.de571a0000000p-2",
        "7, 0x1.a9157e0000000p-2",
        "8, 0x1.edbb7e0000000p-2",
        "13, 0x1.f3646a0000000p-2",
        "96, 0x1.fda7320000000p-2",
        "1000, 0x1.0007ec0000000p-1",
        "4099, 0x1.ff8ad60000000p-2",
        "36864, 0x1.ff7c440000000p-2"
    })
    void equalsPyTorch(int n, String expected) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) ((i * 7919L + 13) % 1009) / 1009f;
        }
        assertEquals(Float.parseFloat(expected), TorchMean.of(x));
    }
}
