package greg.kernels.cuda.simulator;

import static greg.kernels.cuda.simulator.SoftwareDevice.allocate;
import static greg.kernels.cuda.simulator.SoftwareDevice.floats;
import static greg.kernels.cuda.simulator.SoftwareDevice.function;
import static greg.kernels.cuda.simulator.SoftwareDevice.ints;
import static greg.kernels.cuda.simulator.SoftwareDevice.launchAndWait;
import static greg.kernels.cuda.simulator.SoftwareDevice.ok;
import static greg.kernels.cuda.simulator.SoftwareDevice.source;
import static greg.kernels.cuda.simulator.SoftwareDevice.upload;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kernels without a mistake: blocks, barriers, shared memory, the lanes of a warp, variables of a module. */
class SimulatorKernelsTest {
    private static final String GOOD = source("good.ptx");
    private SoftwareDevice device;

    @BeforeEach
    void open() {
        device = SoftwareDevice.open();
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void vectorAddWithATail() {
        int n = 1000;
        float[] a = new float[n];
        float[] b = new float[n];
        float[] sum = new float[n];
        for (int i = 0; i < n; i++) {
            a[i] = i * 0.1f;
            b[i] = 1e-3f * i * i;
            sum[i] = a[i] + b[i];
        }
        CUdeviceptr c = allocate(4L * n);
        ok(() -> launchAndWait(function(GOOD, "vector_add"), 4, 256, 0, upload(a), upload(b), c, n));
        assertArrayEquals(sum, floats(c, n));
    }

    @Test
    void vectorsOfSixteenBytes() {
        CUdeviceptr out = allocate(32);
        ok(() -> launchAndWait(
                function(GOOD, "vector_double"), 1, 2, 0, upload(1f, 2f, 3f, 4f, 5f, 6f, 7f, Float.MIN_VALUE), out));
        assertArrayEquals(new float[] {2, 4, 6, 8, 10, 12, 14, 2 * Float.MIN_VALUE}, floats(out, 8));
    }

    @Test
    void sumsOfBlocksInSharedMemory() {
        float[] values = new float[3 * 256];
        float[] sums = new float[3];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 13 - 5;
            sums[i / 256] += values[i];
        }
        CUdeviceptr out = allocate(12);
        ok(() -> launchAndWait(function(GOOD, "block_sum"), 3, 256, 0, upload(values), out));
        assertArrayEquals(sums, floats(out, 3));
    }

    @Test
    void dynamicSharedMemoryAndAGlobalCounter() {
        int n = 96;
        int[] values = new int[n];
        int[] reversed = new int[n];
        Arrays.setAll(values, i -> i * i);
        Arrays.setAll(reversed, i -> values[n - 1 - i]);
        CUmodule module = SoftwareDevice.module(GOOD);
        CUfunction kernel = new CUfunction();
        ok(() -> JCudaDriver.cuModuleGetFunction(kernel, module, "reverse"));
        CUdeviceptr out = allocate(4L * n);
        ok(() -> launchAndWait(kernel, 1, n, 4 * n, upload(values), out));
        assertArrayEquals(reversed, ints(out, n));
        CUdeviceptr counter = new CUdeviceptr();
        long[] bytes = new long[1];
        ok(() -> JCudaDriver.cuModuleGetGlobal(counter, bytes, module, "counter"));
        assertEquals(4, bytes[0]);
        assertEquals(n, ints(counter, 1)[0], "every thread added one");
    }

    @Test
    void lanesOfAWarp() {
        int[] values = new int[32];
        Arrays.setAll(values, i -> 3 * i + 1);
        int[] expected = new int[160];
        int prefix = 0;
        for (int i = 0; i < 32; i++) {
            prefix += values[i];
            expected[i] = Arrays.stream(values).sum();
            expected[32 + i] = i + 4 < 32 ? values[i + 4] : -1;
            expected[64 + i] = 0xaaaaaaaa;
            expected[96 + i] = prefix;
            expected[128 + i] = values[(i & 16) + 5];
        }
        CUdeviceptr out = allocate(640);
        ok(() -> launchAndWait(function(GOOD, "warp"), 1, 32, 0, upload(values), out));
        assertArrayEquals(expected, ints(out, 160));
    }

    @Test
    void constantsOfAModule() {
        CUdeviceptr x = upload(1f, 1f, 1f, 0.5f);
        ok(() -> launchAndWait(function(GOOD, "scale"), 1, 4, 0, x));
        assertArrayEquals(new float[] {1, 2, -3, 2}, floats(x, 4));
    }
}
