package greg.tensor.testing;

import greg.kernels.Storage;
import greg.tensor.ChannelMap;
import greg.tensor.Op;
import greg.tensor.Shape;
import greg.tensor.Tensor;

/** y of any shape -&gt; the scalar sum of r[i] y[i], on the host in double: the loss with which an op is checked. */
public final class Projection extends Op {
    private final float[] r;

    private Projection(float[] r) {
        this.r = r;
    }

    /** The forward pass; {@code r} is row-major in y's shape. */
    public static Tensor apply(Tensor y, float[] r) {
        Storage loss = scoped(y.backend(), Shape.of());
        y.backend().transfer().upload(new float[] {(float) dot(y, r)}, loss);
        return new Projection(r).record(Shape.of(), loss, y);
    }

    /** The value before it is rounded to float32, for finite differences. */
    public static double dot(Tensor y, float[] r) {
        float[] values = y.toHost();
        double sum = 0;
        for (int i = 0; i < values.length; i++) sum += (double) r[i] * values[i];
        return sum;
    }

    /** dy[i] = r[i] times the upstream scalar. */
    @Override
    protected Storage[] backward(Storage dloss) {
        float[] scale = new float[1];
        backend().transfer().download(dloss, new int[0], scale);
        float[] scaled = new float[r.length];
        for (int i = 0; i < r.length; i++) scaled[i] = r[i] * scale[0];
        Storage dy = allocate(r.length);
        backend().transfer().upload(scaled, dy);
        return new Storage[] {dy};
    }

    @Override
    public ChannelMap channels() {
        return new ChannelMap.None();
    }
}
