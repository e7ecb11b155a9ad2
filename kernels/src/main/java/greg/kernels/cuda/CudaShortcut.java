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

/** {@code shortcut.ptx}: each element of the result looks up where it comes from, forward and backward. */
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

    /** dst[n, c, h, w] = src[n, route[c], h times / over, w times / over] in the layout of src, or 0. */
    private void gather(Storage src, int[] from, Storage dst, int[] to, List<Integer> route, int times, int over) {
        int image = Launch.elements("shortcut", from) / from[0];
        int n = Launch.elements("shortcut", to);
        CudaStorage source = layouts.dense(src, from);
        boolean last = false;
        context.launch("shortcut", "shortcut")
                .add(n)
                .add(dst)
                .add(source)
                .add(onDevice(route))
                .add(to[1])
                .add(to[2])
                .add(to[3])
                .add(last)
                .add(times)
                .add(over)
                .add(image)
                .add(last ? 1 : from[2] * from[3])
                .add(last ? from[3] * from[1] : from[3])
                .add(last ? from[1] : 1)
                .over(n, Launch.THREADS);
        CudaStorage.of(dst).wrotePlain();
        source.release();
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
