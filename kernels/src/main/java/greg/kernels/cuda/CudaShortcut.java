package greg.kernels.cuda;

import greg.kernels.DType;
import greg.kernels.ShortcutKernels;
import greg.kernels.Storage;
import greg.kernels.TransferKernels;
import greg.kernels.spec.ShortcutSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code shortcut.ptx}: each channel of the result looks up where it comes from, forward and backward. */
final class CudaShortcut implements ShortcutKernels, AutoCloseable {
    private final CudaContext context;
    private final DeviceMemory memory;
    private final TransferKernels transfer;
    private final CudaLayouts layouts;
    private final Map<List<Integer>, CudaStorage> routes = new HashMap<>();

    CudaShortcut(CudaContext context, DeviceMemory memory, TransferKernels transfer, CudaLayouts layouts) {
        this.layouts = layouts;
        this.context = context;
        this.memory = memory;
        this.transfer = transfer;
    }

    @Override
    public void forward(ShortcutSpec spec, Storage x, Storage y) {
        gather(x, spec.xDims(), y, spec.yDims(), spec.sources(), spec.stride(), 1);
    }

    @Override
    public void backward(ShortcutSpec spec, Storage dy, Storage dx) {
        Integer[] targets = new Integer[spec.inChannels()];
        Arrays.fill(targets, ShortcutSpec.ZERO);
        for (int o = 0; o < spec.outChannels(); o++) {
            int source = spec.sources().get(o);
            if (source != ShortcutSpec.ZERO) targets[source] = o;
        }
        gather(dy, spec.yDims(), dx, spec.xDims(), List.of(targets), 1, spec.stride());
    }

    /** dst[n, c, h, w] = src[n, route[c], h times / over, w times / over], or 0. */
    private void gather(Storage src, int[] from, Storage dst, int[] to, List<Integer> route, int times, int over) {
        int pitch = layouts.pitch(to[1]);
        long n = Launch.quads("shortcut", to, pitch);
        Launch.elements("shortcut", from[0], from[2], from[3]);
        CudaStorage channels = onDevice(route);
        CudaStorage in = layouts.activation(src, from);
        CudaStorage out = layouts.target(dst, to);
        context.launch("shortcut", "shortcut", layouts.type())
                .add(in)
                .add(out)
                .add(channels)
                .add(to[1])
                .add(pitch / 4)
                .add(layouts.pitch(from[1]))
                .add(to[2])
                .add(to[3])
                .add(from[2])
                .add(from[3])
                .add(times)
                .add(over)
                .add(n)
                .over(n, Launch.THREADS);
        layouts.wrote(out, dst, to);
        in.release();
    }

    private CudaStorage onDevice(List<Integer> route) {
        return routes.computeIfAbsent(route, channels -> {
            CudaStorage storage = memory.take(DType.INT32, channels.size());
            transfer.upload(channels.stream().mapToInt(Integer::intValue).toArray(), storage);
            return storage;
        });
    }

    @Override
    public void close() {
        routes.values().forEach(Storage::release);
        routes.clear();
    }
}
