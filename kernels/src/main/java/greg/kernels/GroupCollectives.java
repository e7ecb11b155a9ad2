package greg.kernels;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/** Collectives that leave what concerns the host to the group of processes. */
public abstract class GroupCollectives implements Collectives {
    private final Processes group;

    /** Of this group. */
    protected GroupCollectives(Processes group) {
        this.group = group;
    }

    @Override
    public final int rank() {
        return group.rank();
    }

    @Override
    public final int size() {
        return group.size();
    }

    @Override
    public final boolean syncBatchNorm() {
        return group.syncBatchNorm() && several();
    }

    /** A buffer as {@link Processes} expects it. */
    protected static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public final void sum(double[] values) {
        DoubleBuffer buffer = direct(values.length * Double.BYTES).asDoubleBuffer();
        buffer.put(values).flip();
        group.sum(buffer);
        buffer.get(0, values);
    }

    @Override
    public final void broadcast(byte[] bytes) {
        ByteBuffer buffer = direct(bytes.length);
        buffer.put(bytes).flip();
        group.broadcast(buffer, 0);
        buffer.get(0, bytes);
    }

    @Override
    public final void abort(int exitCode) {
        group.abort(exitCode);
    }
}
