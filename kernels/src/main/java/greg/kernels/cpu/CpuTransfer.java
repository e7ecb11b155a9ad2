package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import java.util.Arrays;

/** Copies between the Java heap and native memory. */
final class CpuTransfer implements TransferKernels {
    private static final int CHUNK = 4096;

    private final Reorders reorders;
    private final float[] chunk = new float[CHUNK];

    CpuTransfer(Reorders reorders) {
        this.reorders = reorders;
    }

    private static CpuStorage check(String operation, Storage storage, DType type, long length) {
        CpuStorage cpu = CpuStorage.of(storage);
        if (cpu.type() != type || cpu.length() != length) {
            throw new IllegalArgumentException(operation + ": expected a storage of " + length + " " + type + ", got "
                    + cpu.length() + " " + cpu.type());
        }
        return cpu;
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

    @Override
    public void upload(float[] src, Storage dst) {
        CpuStorage target = check("upload", dst, DType.FLOAT32, src.length);
        target.block.write(0, src, 0, src.length);
        target.wrotePlain();
    }

    @Override
    public void upload(int[] src, Storage dst) {
        CpuStorage target = check("upload", dst, DType.INT32, src.length);
        target.block.write(0, src, 0, src.length);
        target.wrotePlain();
    }

    @Override
    public void upload(byte[] src, Storage dst) {
        if (src.length < dst.length()) {
            throw new IllegalArgumentException(
                    "upload: expected at least " + dst.length() + " bytes as the storage has, got " + src.length);
        }
        CpuStorage target = check("upload", dst, DType.UINT8, dst.length());
        target.block.write(0, src, 0, (int) dst.length());
        target.wrotePlain();
    }

    @Override
    public void download(Storage src, int[] dims, float[] dst) {
        CpuStorage source = CpuStorage.of(src);
        if (source.type() != DType.BFLOAT16) check("download", src, DType.FLOAT32, dst.length);
        checkShape("download", dims, src.length());
        CpuStorage plain = reorders.as(Layout.PLAIN, source, dims);
        plain.read(0, dst, 0, dst.length);
        plain.release();
    }

    @Override
    public void download(Storage src, int[] dst) {
        check("download", src, DType.INT32, dst.length).block.read(0, dst, 0, dst.length);
    }

    @Override
    public void copy(Storage src, Storage dst) {
        CpuStorage source = CpuStorage.of(src);
        CpuStorage target = check("copy", dst, src.type(), src.length());
        target.block.copyFrom(source.block, source.bytes());
        target.wroteLike(source);
    }

    @Override
    public void slice(Storage src, long first, Storage dst) {
        CpuStorage target = check("slice", dst, DType.INT32, dst.length());
        int[] elements = new int[Math.toIntExact(dst.length())];
        check("slice", src, DType.INT32, src.length()).block.read(first, elements, 0, elements.length);
        target.block.write(0, elements, 0, elements.length);
        target.wrotePlain();
    }

    @Override
    public void fill(Storage x, float value) {
        CpuStorage target = CpuStorage.of(x);
        if (Float.floatToRawIntBits(value) == 0) {
            target.block.fill(0);
        } else {
            check("fill", x, DType.FLOAT32, x.length());
            Arrays.fill(chunk, value);
            for (long at = 0; at < x.length(); at += CHUNK) {
                target.block.write(at, chunk, 0, (int) Math.min(CHUNK, x.length() - at));
            }
        }
        target.wrotePlain();
    }

    @Override
    public void toPlain(Storage src, int[] dims, Storage dst) {
        CpuStorage source = CpuStorage.of(src);
        CpuStorage target = check("toPlain", dst, DType.FLOAT32, src.length());
        checkShape("toPlain", dims, src.length());
        if (source.layout() == Layout.PLAIN && source.type() == DType.FLOAT32) {
            copy(src, dst);
        } else {
            reorders.reorder(source, dims[0], dims[1], dims[2], dims[3], Layout.PLAIN, target);
        }
    }
}
