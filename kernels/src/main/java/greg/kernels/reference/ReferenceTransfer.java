package greg.kernels.reference;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import java.util.Arrays;

/** Copies: every storage is dense already. */
final class ReferenceTransfer implements TransferKernels {
    @Override
    public void upload(float[] src, Storage dst) {
        copy("upload", src, ReferenceStorage.floatsOut(dst), src.length, dst.length());
    }

    @Override
    public void upload(int[] src, Storage dst) {
        copy("upload", src, ReferenceStorage.intsOut(dst), src.length, dst.length());
    }

    @Override
    public void upload(byte[] src, Storage dst) {
        copy("upload", src, ReferenceStorage.bytesOut(dst), Math.min(src.length, dst.length()), dst.length());
    }

    @Override
    public void download(Storage src, int[] dims, float[] dst) {
        copy("download of " + Arrays.toString(dims), ReferenceStorage.floats(src), dst, src.length(), dst.length);
        checkDims("download", src, dims);
    }

    @Override
    public void download(Storage src, int[] dst) {
        copy("download", ReferenceStorage.ints(src), dst, src.length(), dst.length);
    }

    @Override
    public void copy(Storage src, Storage dst) {
        switch (src.type()) {
            case FLOAT32 -> copy(src, ReferenceStorage.floats(src), ReferenceStorage.floatsOut(dst), dst);
            case INT32 -> copy(src, ReferenceStorage.ints(src), ReferenceStorage.intsOut(dst), dst);
            case UINT8 -> copy(src, ReferenceStorage.bytes(src), ReferenceStorage.bytesOut(dst), dst);
            default -> throw new KernelException("reference: no storage has type " + src.type());
        }
    }

    @Override
    public void slice(Storage src, long first, Storage dst) {
        int from = Math.toIntExact(first);
        System.arraycopy(ReferenceStorage.ints(src), from, ReferenceStorage.intsOut(dst), 0, (int) dst.length());
    }

    @Override
    public void fill(Storage x, float value) {
        if (x.type() != DType.FLOAT32 && value != 0) {
            throw new IllegalArgumentException(
                    "fill: expected 0 for a storage of type " + x.type() + ", got " + value + "; upload other values");
        }
        switch (x.type()) {
            case FLOAT32 -> Arrays.fill(ReferenceStorage.floatsOut(x), value);
            case INT32 -> Arrays.fill(ReferenceStorage.intsOut(x), 0);
            case UINT8 -> Arrays.fill(ReferenceStorage.bytesOut(x), (byte) 0);
            default -> throw new KernelException("reference: no storage has type " + x.type());
        }
    }

    @Override
    public void toPlain(Storage src, int[] dims, Storage dst) {
        checkDims("toPlain", src, dims);
        copy(src, ReferenceStorage.floats(src), ReferenceStorage.floatsOut(dst), dst);
    }

    private static void copy(Storage src, Object from, Object to, Storage dst) {
        copy("copy", from, to, src.length(), dst.length());
    }

    private static void copy(String operation, Object from, Object to, long length, long expected) {
        if (length != expected) {
            throw new IllegalArgumentException(
                    operation + ": expected " + expected + " elements as in the destination, got " + length);
        }
        System.arraycopy(from, 0, to, 0, (int) length);
    }

    private static void checkDims(String operation, Storage src, int[] dims) {
        long product = 1;
        for (int dim : dims) product *= dim;
        if (product != src.length()) {
            throw new IllegalArgumentException(operation + ": dimensions " + Arrays.toString(dims) + " have " + product
                    + " elements, the storage has " + src.length());
        }
    }
}
