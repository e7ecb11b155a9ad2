package greg.kernels.cpu;

import greg.kernels.ConcatKernels;
import greg.kernels.Storage;
import greg.kernels.spec.ConcatSpec;
import java.util.List;

/** Copies of whole channel ranges; dense, since a range need not start at a block of 16 channels. */
final class CpuConcat implements ConcatKernels {
    private static final int CHUNK = 4096;

    private final Reorders reorders;
    private final float[] chunk = new float[CHUNK];

    CpuConcat(Reorders reorders) {
        this.reorders = reorders;
    }

    @Override
    public void forward(ConcatSpec spec, List<Storage> xs, Storage y) {
        CpuStorage output = CpuStorage.of(y);
        long plane = (long) spec.h() * spec.w();
        for (int i = 0; i < xs.size(); i++) {
            CpuStorage x = reorders.as(Layout.PLAIN, CpuStorage.of(xs.get(i)), spec.xDims(i));
            long length = spec.channels().get(i) * plane;
            for (int n = 0; n < spec.n(); n++) {
                copy(x, n * length, output, ((long) n * spec.outChannels() + spec.offset(i)) * plane, length);
            }
            x.release();
        }
        output.wrotePlain();
    }

    @Override
    public void backward(ConcatSpec spec, int input, Storage dy, Storage dx) {
        CpuStorage gradient = reorders.as(Layout.PLAIN, CpuStorage.of(dy), spec.yDims());
        CpuStorage result = CpuStorage.of(dx);
        long plane = (long) spec.h() * spec.w();
        long length = spec.channels().get(input) * plane;
        for (int n = 0; n < spec.n(); n++) {
            copy(gradient, ((long) n * spec.outChannels() + spec.offset(input)) * plane, result, n * length, length);
        }
        result.wrotePlain();
        gradient.release();
    }

    private void copy(CpuStorage from, long at, CpuStorage to, long where, long length) {
        for (long done = 0; done < length; done += CHUNK) {
            int now = (int) Math.min(CHUNK, length - done);
            from.read(at + done, chunk, 0, now);
            to.write(where + done, chunk, 0, now);
        }
    }
}
