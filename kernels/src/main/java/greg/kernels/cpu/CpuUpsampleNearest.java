package greg.kernels.cpu;

import greg.kernels.Storage;
import greg.kernels.UpsampleNearestKernels;
import greg.kernels.spec.UpsampleNearestSpec;
import java.util.Arrays;

/**
 * Row by row through heap scratch, in the layout of what is read. oneDNN has a primitive for it (resampling), but the Java
 * classes lack its constructor.
 */
final class CpuUpsampleNearest implements UpsampleNearestKernels {
    private float[] narrow = new float[0];
    private float[] broad = new float[0];

    private void begin(int narrowLength, int broadLength) {
        if (narrow.length < narrowLength) narrow = new float[narrowLength];
        if (broad.length < broadLength) broad = new float[broadLength];
    }

    @Override
    public void forward(UpsampleNearestSpec s, Storage x, Storage y) {
        CpuStorage input = CpuStorage.of(x);
        CpuStorage output = CpuStorage.of(y);
        int together = input.layout().together(s.channels());
        int in = s.w() * together;
        int out = s.outW() * together;
        begin(in, out);
        long rows = (long) s.n() * s.channels() / together * s.h();
        for (long r = 0; r < rows; r++) {
            input.read(r * in, narrow, 0, in);
            spread(s, together);
            for (int i = 0; i < s.factorH(); i++) output.write((r * s.factorH() + i) * out, broad, 0, out);
        }
        output.wrote(input.layout(), s.yDims());
    }

    /** A row of x, each pixel {@code factorW} times. */
    private void spread(UpsampleNearestSpec s, int together) {
        int at = 0;
        for (int q = 0; q < s.w(); q++) {
            for (int j = 0; j < s.factorW(); j++, at += together) {
                if (together == 1) broad[at] = narrow[q];
                else System.arraycopy(narrow, q * together, broad, at, together);
            }
        }
    }

    @Override
    public void backward(UpsampleNearestSpec s, Storage dy, Storage dx) {
        CpuStorage gradient = CpuStorage.of(dy);
        CpuStorage result = CpuStorage.of(dx);
        int together = gradient.layout().together(s.channels());
        int in = s.w() * together;
        int out = s.outW() * together;
        begin(in, out);
        long rows = (long) s.n() * s.channels() / together * s.h();
        for (long r = 0; r < rows; r++) {
            Arrays.fill(narrow, 0, in, 0);
            for (int i = 0; i < s.factorH(); i++) {
                gradient.read((r * s.factorH() + i) * out, broad, 0, out);
                gather(s, together);
            }
            result.write(r * in, narrow, 0, in);
        }
        result.wrote(gradient.layout(), s.xDims());
    }

    /** Adds a row of dy to the row of dx that it came from. */
    private void gather(UpsampleNearestSpec s, int together) {
        int at = 0;
        for (int q = 0; q < s.w(); q++) {
            int to = q * together;
            for (int j = 0; j < s.factorW(); j++, at += together) {
                for (int c = 0; c < together; c++) narrow[to + c] += broad[at + c];
            }
        }
    }
}
