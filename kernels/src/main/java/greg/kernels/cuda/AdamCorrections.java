package greg.kernels.cuda;

import greg.kernels.spec.AdamSpec;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bias corrections of Adam, one row per step up to the step from which they are 1. They are computed on the host, once,
 * because the powers must be those of the other backends to the bit; {@code step.ptx} finds the row by the number of the
 * step, which a captured step counts on the device.
 */
final class AdamCorrections {
    /** 1 - beta1^t in double, sqrt(1 - beta2^t) in float, 4 bytes of padding. */
    static final int ROW_BYTES = 16;

    /** 64 MiB; a rate of 0.999 needs 17 thousand rows, 0.9999 ten times as many. */
    private static final int MOST = 1 << 22;

    private AdamCorrections() {}

    /**
     * The rows of steps 0 (not used), 1, 2 and so on; the last is that of all later steps as well.
     *
     * @throws IllegalArgumentException if the rates are so close to 1 that there would be more than {@value #MOST}
     */
    static byte[] of(AdamSpec spec) {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        rows.writeBytes(new byte[ROW_BYTES]);
        double bias = 0;
        float root = 0;
        for (int t = 1; bias != 1 || root != 1; t++) {
            if (t == MOST) {
                throw new IllegalArgumentException("adam on cuda: expected decay rates whose powers vanish within "
                        + MOST + " steps, got " + spec.beta1() + " and " + spec.beta2());
            }
            bias = spec.bias1(t);
            root = spec.rootOfBias2(t);
            ByteBuffer row = ByteBuffer.allocate(ROW_BYTES).order(ByteOrder.nativeOrder());
            rows.writeBytes(row.putDouble(bias).putFloat(root).array());
        }
        return rows.toByteArray();
    }
}
