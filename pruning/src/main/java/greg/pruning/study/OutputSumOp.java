package greg.pruning.study;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** One output of a network, summed over the batch: y (N, O) -&gt; the scalar sum of y[n, output]. Works on the host. */
final class OutputSumOp extends Op {
    private final int[] shape;
    private final int output;

    private OutputSumOp(int[] shape, int output) {
        this.shape = shape;
        this.output = output;
    }

    static Tensor apply(Tensor y, int output) {
        int outputs = y.shape().dim(1);
        float[] values = y.toHost();
        double sum = 0;
        for (int i = output; i < values.length; i += outputs) sum += values[i];
        Storage result = scoped(y.backend(), Shape.of());
        y.backend().transfer().upload(new float[] {(float) sum}, result);
        return new OutputSumOp(y.shape().dims(), output).record(Shape.of(), result, y);
    }

    /** dy[n, o] is the upstream scalar where o is the output, else 0. */
    @Override
    protected Storage[] backward(Storage upstream) {
        float[] scalar = new float[1];
        backend().transfer().download(upstream, new int[0], scalar);
        float[] gradient = new float[shape[0] * shape[1]];
        for (int i = output; i < gradient.length; i += shape[1]) gradient[i] = scalar[0];
        Storage dy = allocate(gradient.length);
        backend().transfer().upload(gradient, dy);
        return new Storage[] {dy};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.None();
    }
}
