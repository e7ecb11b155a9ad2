package greg.kernels.cpu;

import greg.kernels.BackendOptions;
import greg.kernels.DType;
import greg.kernels.Precision;
import greg.kernels.Storage;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.Conv2dSpec;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A cpu backend for tests of features that only this backend has, and shorthand for its storages. */
final class CpuFixture implements AutoCloseable {
    final CpuBackend backend;

    CpuFixture() {
        this(BackendOptions.standard());
    }

    CpuFixture(BackendOptions options) {
        String why = new CpuProvider().unavailable();
        Assumptions.assumeTrue(why == null, why);
        backend = new CpuBackend(options);
    }

    /** The types in which activations are held here: BFLOAT16 only where the processor multiplies it. */
    static List<DType> activationTypes() {
        boolean both = new CpuProvider().unavailable() == null && OneDnn.whyNot(Precision.BF16) == null;
        return both ? List.of(DType.FLOAT32, DType.BFLOAT16) : List.of(DType.FLOAT32);
    }

    CpuStorage empty(long n) {
        return (CpuStorage) backend.memory().allocate(DType.FLOAT32, n);
    }

    CpuStorage empty(int[] dims) {
        long n = 1;
        for (int d : dims) n *= d;
        return empty(n);
    }

    /** Uniform numbers in [-1, 1). */
    CpuStorage random(int[] dims, long seed) {
        CpuStorage storage = empty(dims);
        backend.random().uniform(storage, -1, 1, seed);
        return storage;
    }

    CpuStorage filled(int n, float value) {
        CpuStorage storage = empty(n);
        backend.transfer().fill(storage, value);
        return storage;
    }

    float[] host(Storage storage, int... dims) {
        float[] values = new float[(int) storage.length()];
        backend.transfer().download(storage, dims, values);
        return values;
    }

    /** A 3x3 convolution and the fused batch normalization after it, forward and backward. */
    final class Block {
        final Conv2dSpec conv;
        final BatchNormSpec norm;
        final CpuStorage w;
        final CpuStorage gamma;
        final CpuStorage beta;
        final CpuStorage mean;
        final CpuStorage var;
        final CpuStorage dw;
        final CpuStorage dgamma;
        final CpuStorage dbeta;
        CpuStorage x;
        CpuStorage z;
        CpuStorage y;
        CpuStorage saved;

        Block(int n, int cin, int size, int cout) {
            conv = Conv2dSpec.of(n, cin, size, size, cout, 3, 1, 1);
            norm = new BatchNormSpec(n, cout, size, size, 1e-5f, 0.1f, BatchNormSpec.Fusion.RELU);
            w = random(conv.wDims(), cin);
            dw = empty(conv.wDims());
            gamma = filled(cout, 1);
            beta = filled(cout, 0.1f);
            mean = filled(cout, 0);
            var = filled(cout, 1);
            dgamma = filled(cout, 0);
            dbeta = filled(cout, 0);
        }

        CpuStorage forward(CpuStorage input) {
            x = input;
            z = empty(conv.yDims());
            y = empty(conv.yDims());
            saved = (CpuStorage)
                    backend.memory().allocate(DType.UINT8, backend.batchNorm().savedBytes(norm));
            backend.conv2d().forward(conv, x, w, null, z);
            backend.batchNorm().forwardTraining(norm, z, null, gamma, beta, mean, var, y, saved);
            return y;
        }

        /** Returns dx; frees the activations of this block. */
        CpuStorage backward(CpuStorage dy, boolean needsDx) {
            backend.batchNorm().backward(norm, z, y, gamma, beta, saved, dy, dy, null, dgamma, dbeta);
            backend.conv2d().backwardWeights(conv, x, dy, dw, null);
            CpuStorage dx = null;
            if (needsDx) {
                dx = empty(conv.xDims());
                backend.conv2d().backwardData(conv, w, dy, dx);
            }
            dy.release();
            z.release();
            y.release();
            saved.release();
            return dx;
        }
    }

    @Override
    public void close() {
        backend.close();
    }
}
