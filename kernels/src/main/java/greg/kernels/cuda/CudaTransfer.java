package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Copies between the Java heap and the device; fills. */
final class CudaTransfer implements TransferKernels {
    static final int FILL_BYTES = 4096;

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
        context.check("upload of " + size(to) + " bytes", JCudaDriver.cuMemcpyHtoD(to.address(), from, size(to)));
        to.wrotePlain();
    }

    private void fetch(CudaStorage from, Pointer to) {
        context.enter();
        context.check("download of " + size(from) + " bytes", JCudaDriver.cuMemcpyDtoH(to, from.address(), size(from)));
    }

    /** Bytes of the elements, dense. */
    private static long size(CudaStorage storage) {
        return storage.length() * storage.type().bytes();
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
        checkShape("download", dims, src.length());
        if (src.length() != dst.length) {
            throw new IllegalArgumentException(
                    "download: expected an array of " + src.length() + " elements, got one of " + dst.length);
        }
        CudaStorage plain = dense(src, dims);
        try {
            fetch(check("download", plain, DType.FLOAT32, dst.length), Pointer.to(dst));
        } finally {
            plain.release();
        }
    }

    /** With a reference to be released. */
    private CudaStorage dense(Storage src, int[] dims) {
        if (dims.length == 4 && src.type() != DType.INT32 && src.type() != DType.UINT8) return layouts.dense(src, dims);
        CudaStorage.dense(src).retain();
        return CudaStorage.of(src);
    }

    @Override
    public void download(Storage src, int[] dst) {
        fetch(check("download", src, DType.INT32, dst.length), Pointer.to(dst));
    }

    @Override
    public void copy(Storage src, Storage dst) {
        CudaStorage source = CudaStorage.of(src);
        CudaStorage target = check("copy", dst, src.type(), src.length());
        if (target.room() < source.extent()) {
            throw new IllegalArgumentException("copy: expected room for " + source.extent()
                    + " elements with their padding," + " got " + target.room() + "; allocate it like the source");
        }
        context.copy(source, target);
        target.wroteLike(source);
    }

    @Override
    public void slice(Storage src, long first, Storage dst) {
        CudaStorage source = check("slice", src, DType.INT32, src.length());
        CudaStorage target = check("slice", dst, DType.INT32, dst.length());
        if (first < 0 || first + dst.length() > src.length()) {
            throw new IllegalArgumentException("slice: expected a range within " + src.length() + " elements, got "
                    + dst.length() + " from " + first + " on");
        }
        context.uses(source);
        context.uses(target);
        context.check(
                "copy of " + size(target) + " bytes",
                JCudaDriver.cuMemcpyDtoDAsync(
                        target.address(),
                        source.address().plus(first * DType.INT32.bytes()),
                        size(target),
                        context.stream()));
        context.launched(new Launched.ByDriver("copy", 2 * size(target)));
        target.wrotePlain();
    }

    @Override
    public void fill(Storage x, float value) {
        CudaStorage target = CudaStorage.of(x);
        int pattern = Float.floatToRawIntBits(value);
        if (pattern != 0) check("fill with " + value, x, DType.FLOAT32, x.length());
        context.launch("transfer", "fill")
                .add(size(target))
                .add(target)
                .add(pattern)
                .over(size(target), FILL_BYTES);
        target.wrotePlain();
    }

    @Override
    public void toPlain(Storage src, int[] dims, Storage dst) {
        CudaStorage source = CudaStorage.of(src);
        CudaStorage target = check("toPlain", dst, DType.FLOAT32, src.length());
        checkShape("toPlain", dims, src.length());
        if (dims.length != 4 || source.type() == DType.FLOAT32 && source.isDense(dims)) {
            context.copy(CudaStorage.of(source), target);
            target.wrotePlain();
        } else {
            layouts.toDense(source, dims, target);
        }
    }
}
