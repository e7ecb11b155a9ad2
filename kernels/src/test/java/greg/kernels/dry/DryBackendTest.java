package greg.kernels.dry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.Pool2dSpec;
import org.junit.jupiter.api.Test;

/** Sizes are counted, nothing is computed. */
class DryBackendTest {
    @Test
    void anImageNetBatchCostsNoMemory() {
        DryBackend dry = new DryBackend();
        Conv2dSpec s = Conv2dSpec.of(1024, 64, 224, 224, 64, 3, 1, 1);
        long length = 1024L * 64 * 224 * 224;
        Storage x = dry.memory().allocate(DType.FLOAT32, length);
        Storage w = dry.memory().allocate(DType.FLOAT32, 64 * 64 * 9);
        Storage y = dry.memory().allocate(DType.FLOAT32, length);
        dry.conv2d().forward(s, x, w, null, y);
        assertEquals(4 * (2 * length + 64 * 64 * 9), dry.memory().liveBytes());
        x.release();
        w.release();
        y.release();
        assertEquals(0, dry.memory().liveBytes());
        assertThrows(KernelException.class, x::release);
    }

    @Test
    void downloadsAreZeros() {
        DryBackend dry = new DryBackend();
        Storage x = dry.memory().allocate(DType.FLOAT32, 2);
        Storage labels = dry.memory().allocate(DType.INT32, 2);
        dry.transfer().upload(new float[] {1, 2}, x);
        float[] floats = {3, 4};
        dry.transfer().download(x, new int[] {2}, floats);
        assertArrayEquals(new float[2], floats);
        int[] ints = {3, 4};
        dry.transfer().download(labels, ints);
        assertArrayEquals(new int[2], ints);
    }

    @Test
    void nothingNeedsToBeSaved() {
        DryBackend dry = new DryBackend();
        assertEquals(1, dry.pool2d().savedBytes(Pool2dSpec.of(Pool2dSpec.Kind.MAX, 2, 3, 4, 4, 2, 2, 0)));
        assertEquals(
                1, dry.batchNorm().savedBytes(new BatchNormSpec(2, 3, 4, 4, 1e-5f, 0.1f, BatchNormSpec.Fusion.RELU)));
    }

    @Test
    void familiesAreObjectsLikeAnyOther() {
        DryBackend dry = new DryBackend();
        assertEquals(dry.gemm(), dry.gemm());
        assertNotEquals(dry.gemm(), new DryBackend().gemm());
        assertEquals(dry.gemm().hashCode(), dry.gemm().hashCode());
        assertEquals("dry GemmKernels", dry.gemm().toString());
        assertEquals("dry", dry.name());
    }
}
