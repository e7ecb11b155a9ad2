package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Copies between the Java heap and the device; fills. */
final class CudaTransfer implements TransferKernels {
    private static final int FILL_BYTES = 4096;

    private final CudaContext context;
    private final CudaLayouts layouts;

    CudaTransfer(CudaContext context, CudaLayouts layouts) {
        this.context = context;
        this.layouts = layouts;
    }

    private static CudaStorage check(String operation, Storage storage, DType type, long length) {
        CudaStorage cuda = CudaStorage.of(storage);
        if (cuda.type() != type || cuda.length() != length) {
            throw new IllegalArgumentException(operation + ": expected a storage of " + length + " " + type + ", got "
                    + cuda.length() + " " + cuda.type());
        }
        return cuda;
    }

    /** The shape must account for every element. */
    private static void checkShape(String operation, int[] dims, long length) {
        long product = 1;
        for (int d : dims) product *= d;
        if (product != length) {
            throw new IllegalArgumentException(operation + ": expected dimensions of " + length + " elements, got "
                    + Arrays.toString(dims) + " of " + product);
        }
    }

    private void send(Pointer from, CudaStorage to) {
        context.enter();
        context.check("upload of " + to.bytes() + " bytes", JCudaDriver.cuMemcpyHtoD(to.address(), from, to.bytes()));
        to.wrotePlain();
    }

    private void fetch(CudaStorage from, Pointer to) {
        context.enter();
        context.check(
                "download of " + from.bytes() + " bytes", JCudaDriver.cuMemcpyDtoH(to, from.address(), from.bytes()));
    }

    @Override
    public void upload(float[] src, Storage dst) {
        send(Pointer.to(src), check("upload", dst, DType.FLOAT32, src.length));
    }

    @Override
    public void upload(int[] src, Storage dst) {
        send(Pointer.to(src), check("upload", dst, DType.INT32, src.length));
    }

    @Override
    public void upload(byte[] src, Storage dst) {
        if (src.length < dst.length()) {
            throw new IllegalArgumentException(
                    "upload: expected at least " + dst.length() + " bytes as the storage has, got " + src.length);
        }
        send(Pointer.to(src), check("upload", dst, DType.UINT8, dst.length()));
    }

    @Override
    public void download(Storage src, int[] dims, float[] dst) {
        CudaStorage source = check("download", src, DType.FLOAT32, dst.length);
        checkShape("download", dims, src.length());
        CudaStorage plain = layouts.as(CudaLayout.NCHW, source, dims);
        try {
            fetch(plain, Pointer.to(dst));
        } finally {
            plain.release();
        }
    }

    @Override
    public void download(Storage src, int[] dst) {
        fetch(check("download", src, DType.INT32, dst.length), Pointer.to(dst));
    }

    @Override
    public void copy(Storage src, Storage dst) {
        CudaStorage source = CudaStorage.of(src);
        CudaStorage target = check("copy", dst, src.type(), src.length());
        context.uses(source);
        context.uses(target);
        context.check(
                "copy of " + source.bytes() + " bytes",
                JCudaDriver.cuMemcpyDtoDAsync(target.address(), source.address(), source.bytes(), context.stream()));
        target.wroteLike(source);
    }

    @Override
    public void fill(Storage x, float value) {
        CudaStorage target = CudaStorage.of(x);
        int pattern = Float.floatToRawIntBits(value);
        if (pattern != 0) check("fill with " + value, x, DType.FLOAT32, x.length());
        context.launch("transfer", "fill")
                .add(target.bytes())
                .add(target)
                .add(pattern)
                .over(target.bytes(), FILL_BYTES);
        target.wrotePlain();
    }

    @Override
    public void toPlain(Storage src, int[] dims, Storage dst) {
        CudaStorage source = CudaStorage.of(src);
        CudaStorage target = check("toPlain", dst, DType.FLOAT32, src.length());
        checkShape("toPlain", dims, src.length());
        if (source.layout() == CudaLayout.NCHW) copy(src, dst);
        else layouts.rewrite(source, dims, CudaLayout.NCHW, target);
    }
}
