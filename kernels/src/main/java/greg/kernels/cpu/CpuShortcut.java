package greg.kernels.cpu;

import greg.kernels.DType;
import greg.kernels.ShortcutKernels;
import greg.kernels.Storage;
import greg.kernels.spec.Conv2dSpec;
import greg.kernels.spec.ShortcutSpec;
import java.util.HashMap;
import java.util.Map;

/**
 * Shortcuts as 1x1 convolutions with stride and a constant weight of zeros and ones: every sum has one term that
 * is not zero, so finite values are copied exactly, and activations stay in their layout, which padding by a number of
 * channels that is no multiple of 16 would otherwise break.
 */
final class CpuShortcut implements ShortcutKernels {
    private final HostMemory memory;
    private final CpuConv2d conv2d;
    private final Map<ShortcutSpec, Constant> constants = new HashMap<>();

    private record Constant(Conv2dSpec spec, CpuStorage weight) {}

    CpuShortcut(HostMemory memory, CpuConv2d conv2d) {
        this.memory = memory;
        this.conv2d = conv2d;
    }

    @Override
    public void forward(ShortcutSpec spec, Storage x, Storage y) {
        Constant constant = constants.computeIfAbsent(spec, this::make);
        conv2d.forward(constant.spec, x, constant.weight, null, y);
    }

    @Override
    public void backward(ShortcutSpec spec, Storage dy, Storage dx) {
        Constant constant = constants.computeIfAbsent(spec, this::make);
        conv2d.backwardData(constant.spec, constant.weight, dy, dx);
    }

    private Constant make(ShortcutSpec s) {
        Conv2dSpec spec = Conv2dSpec.of(s.n(), s.inChannels(), s.h(), s.w(), s.outChannels(), 1, s.stride(), 0);
        CpuStorage weight = (CpuStorage) memory.allocate(DType.FLOAT32, (long) s.outChannels() * s.inChannels());
        weight.block.fill(0);
        for (int o = 0; o < s.outChannels(); o++) {
            int source = s.sources().get(o);
            if (source != ShortcutSpec.ZERO) weight.block.set((long) o * s.inChannels() + source, 1);
        }
        weight.wrotePlain();
        return new Constant(spec, weight);
    }

    void close() {
        constants.values().forEach(constant -> constant.weight.release());
        constants.clear();
    }
}
