package greg.kernels.cuda;

import greg.kernels.AugmentKernels;
import greg.kernels.DType;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.spec.AugmentSpec;
import java.util.Arrays;

/**
 * {@code augment.ptx}: crop, flip and normalize from bytes held on the device. An index that is out of range makes its
 * sample NaN, since a device cannot throw.
 */
final class CudaAugment implements AugmentKernels, AutoCloseable {
    private static final int RANDOM = 1;
    private static final int FLIP = 2;
    /** Of a block; more of a sample are shared by several. */
    private static final int PIXELS = 4 * Launch.THREADS;

    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final CudaLayouts layouts;
    private float[] current = {};
    private CudaStorage constants;

    CudaAugment(CudaContext context, DeviceMemory memory, TransferKernels transfer, CudaLayouts layouts) {
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
        this.layouts = layouts;
    }

    @Override
    public void batch(AugmentSpec spec, Storage images, Storage indices, long seed, long counter, Storage y) {
        int imageBytes = Launch.elements("augment", spec.h(), spec.w(), spec.channels());
        int[] dims = {spec.n(), spec.channels(), spec.outH(), spec.outW()};
        int pixels = Launch.elements("augment", spec.outH(), spec.outW());
        if (spec.random() && context.capturing()) context.capture().feeds(spec.n());
        CudaStorage numbers = constants(spec);
        CudaStorage out = layouts.target(y, dims);
        context.launch("augment", "augment", layouts.type())
                .add(images)
                .add(Math.toIntExact(images.length() / imageBytes))
                .add(indices)
                .add(numbers)
                .add(out)
                .add(spec.channels())
                .add(layouts.pitch(spec.channels()) / 4)
                .add(spec.h())
                .add(spec.w())
                .add(spec.outH())
                .add(spec.outW())
                .add(spec.pad())
                .add((spec.random() ? RANDOM : 0) | (spec.flip() ? FLIP : 0))
                .add(seed)
                .add(counter)
                .add(context.counters())
                .grid(spec.n(), Launch.blocks(pixels, PIXELS), 1);
        layouts.wrote(out, y, dims);
    }

    /** Means and deviations on the device; they change with the data set only. */
    private CudaStorage constants(AugmentSpec spec) {
        float[] meansAndStds = Arrays.copyOf(spec.mean(), 2 * spec.channels());
        System.arraycopy(spec.std(), 0, meansAndStds, spec.channels(), spec.channels());
        if (!Arrays.equals(meansAndStds, current)) {
            close();
            constants = memory.take(DType.FLOAT32, meansAndStds.length);
            transfer.upload(meansAndStds, constants);
            current = meansAndStds;
        }
        return constants;
    }

    @Override
    public void close() {
        if (constants != null) constants.release();
        constants = null;
        current = new float[0];
    }
}
