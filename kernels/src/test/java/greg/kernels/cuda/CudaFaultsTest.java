package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.AugmentSpec;
import greg.kernels.spec.BatchNormSpec;
import greg.kernels.spec.BiasSpec;
import greg.kernels.spec.ConcatSpec;
import greg.kernels.spec.Pool2dSpec;
import greg.kernels.spec.ShortcutSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Errors are reported: launches, modules, missing families, and values for which a device can only return NaN. */
class CudaFaultsTest {
    private static void refused(Executable what, String... words) {
        String message = assertThrows(KernelException.class, what).getMessage();
        for (String word : words) assertTrue(message.contains(word), "'" + word + "' in: " + message);
    }

    @Test
    void argumentsAreCheckedAgainstTheEntry() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage x = k.put(1, 2, 3);
            CudaContext context = gpu.context();
            refused(() -> context.launch("elementwise", "relu").add(3), "relu", "expected u64", "u32 3");
            refused(
                    () -> context.launch("elementwise", "scale")
                            .add(3L)
                            .add(x)
                            .add(x)
                            .over(3, 1024),
                    "alpha",
                    "missing");
            refused(
                    () -> context.launch("elementwise", "relu")
                            .add(3L)
                            .add(x)
                            .add(x)
                            .add(x),
                    "no more than 3");
            refused(() -> context.launch("elementwise", "tanh"), "no entry tanh", "relu");
            refused(
                    () -> context.launch("elementwise", "relu")
                            .add(3L)
                            .add(x)
                            .add(x)
                            .grid(1, 70_000, 1),
                    "65535");
        }
    }

    /** A status that the driver returns comes with the kernel, its arguments and its grid. */
    @Test
    void aRefusedLaunchNamesTheKernelAndItsArguments() {
        Gpu gpu = new Gpu();
        PtxSource good = PtxSource.read("elementwise");
        // the driver must refuse blocks of 256 threads for a kernel that says 128
        String text = good.text().replace(".reqntid 256, 1, 1", ".reqntid 128, 1, 1");
        PtxModule module = new PtxModule(new PtxSource("elementwise", text, good.entries()));
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage x = k.put(1, 2, 3);
            Launch launch =
                    new Launch(gpu.context(), module, "relu").add(3L).add(x).add(x);
            refused(
                    () -> launch.over(3, 1024),
                    "elementwise.ptx relu(n=3, x=FLOAT32[3], y=FLOAT32[3]) in 1x1x1 blocks",
                    "CUDA_ERROR_");
        }
    }

    @Test
    void callsFromAnotherThreadAreRefused() throws InterruptedException {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1, 2, 3);
            backend.context().module("step"); // there, but none of its entries is: the next one asks the driver
            List<Executable> calls = List.of(
                    () -> backend.transfer().fill(x, 1),
                    () -> backend.transfer().upload(new float[3], x),
                    () -> backend.transfer().download(x, new int[] {3}, new float[3]),
                    () -> backend.memory().allocate(DType.FLOAT32, 987_654_321),
                    backend::synchronize,
                    backend::timer,
                    () -> backend.capture(() -> {}),
                    backend::close);
            List<Throwable> failures = new ArrayList<>();
            Thread stranger = new Thread(
                    () -> {
                        for (Executable call : calls) {
                            try {
                                refused(call, "from the thread that opened", "stranger");
                            } catch (Throwable failure) {
                                failures.add(failure);
                            }
                        }
                    },
                    "stranger");
            stranger.start();
            stranger.join();
            assertEquals(List.of(), failures);
            backend.transfer().fill(x, 4);
            assertEquals(4, k.get(x, 3)[2], "its own thread is not affected");
        }
    }

    /** Kernels count threads, and some elements, in 32 bits. */
    @Test
    void sizesBeyondAnIndexAreRefused() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1, 2, 3);
            // pixels that 32 bits cannot count, and threads
            for (int[] size : new int[][] {{1 << 22, 4}, {1 << 16, 1 << 10}}) {
                int n = size[0];
                int c = size[1];
                String limit = c == 4 ? "2^31" : "2^34";
                ShortcutSpec shortcut = new ShortcutSpec(n, c, 32, 16, 1, ShortcutSpec.padded(c, c, 0));
                BiasSpec bias = new BiasSpec(n, c, 32, 16, false);
                ConcatSpec concat = new ConcatSpec(n, List.of(c / 2, c / 2), 32, 16);
                Pool2dSpec pool = Pool2dSpec.of(Pool2dSpec.Kind.MAX, n, c, 32, 16, 2, 2, 0);
                tooLarge(() -> backend.shortcut().forward(shortcut, x, x), "shortcut", limit);
                tooLarge(() -> backend.shortcut().backward(shortcut, x, x), "shortcut", limit);
                tooLarge(() -> backend.elementwise().bias(bias, x, x, x), "bias", limit);
                tooLarge(() -> backend.pool2d().globalAverage(n, c, 32, 16, x, x), "globalAverage", limit);
                tooLarge(() -> backend.pool2d().globalAverageBackward(n, c, 32, 16, x, x), "globalAverage", limit);
                tooLarge(() -> backend.concat().forward(concat, List.of(x, x), x), "concat", limit);
                tooLarge(() -> backend.concat().backward(concat, 0, x, x), "concat", limit);
                tooLarge(() -> backend.pool2d().forward(pool, x, x, x), "pool2d", limit);
                tooLarge(() -> backend.pool2d().backward(pool, x, x, x), "pool2d", limit);
            }
            BiasSpec bias = new BiasSpec(1 << 22, 4, 32, 16, false);
            tooLarge(() -> backend.elementwise().biasBackward(bias, x, x), "bias", "2^31");
            BatchNormSpec norm = new BatchNormSpec(1 << 22, 4, 32, 16, 1e-5f, 0.1f, BatchNormSpec.Fusion.NONE);
            tooLarge(() -> backend.batchNorm().forwardInference(norm, x, null, x, x, x, x, x), "batchNorm", "2^31");
            Launch launch = new Gpu()
                    .context()
                    .launch("elementwise", "relu")
                    .add(1L << 35)
                    .add(x)
                    .add(x);
            refused(() -> launch.over(1L << 35, 1024), "expected up to 16777216 blocks in x");
        }
    }

    @Test
    void decayRatesThatHardlyDecayAreRefused() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1);
            UpdateSlot slot = new UpdateSlot(x, x, x, x, null, null, null, null);
            String message = assertThrows(IllegalArgumentException.class, () -> backend.update()
                            .adam(new AdamSpec(0.9, 1, 1e-8, 0), x, 1, List.of(slot)))
                    .getMessage();
            assertTrue(message.contains("0.9 and 1.0"), message);
        }
    }

    private static void tooLarge(Executable what, String operation, String limit) {
        String message = assertThrows(IllegalArgumentException.class, what).getMessage();
        assertTrue(message.startsWith(operation) && message.contains(limit), message);
    }

    /** The copy that undoes a layout returns to the pool even if it cannot be read. */
    @Test
    void aFailedDownloadKeepsNothing() {
        Gpu gpu = new Gpu();
        int[] d = {2, 3, 4, 5};
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage last = gpu.put(k, CudaLayout.NHWC, gauss(1, d), d);
            k.get(last, d);
            long before = gpu.backend().memory().liveBytes();
            float[] out = new float[2 * 3 * 4 * 5];
            refused(
                    () -> gpu.backend().capture(() -> gpu.backend().transfer().download(last, d, out)),
                    "download",
                    "may not upload, download or wait");
            assertEquals(before, gpu.backend().memory().liveBytes());
        }
    }

    @Test
    void aModuleThatDoesNotCompileIsNamed() {
        new Gpu();
        PtxSource good = PtxSource.read("shortcut");
        String text = good.text().replace("rem.u32 %t, %h", "rem.u32 %nobody, %h");
        refused(() -> new PtxModule(new PtxSource("broken", text, Map.of())), "broken.ptx", "nobody");
    }

    @Test
    void foreignStoragesAreRefused() {
        CudaBackend backend = new Gpu().backend();
        refused(() -> backend.transfer().fill(null, 0), "expected a storage of the cuda backend", "null");
    }

    @Test
    void aDeviceThatIsNotThereIsRefused() {
        new Gpu();
        refused(() -> new CudaContext(1000), "cuda:1000", "expected a number below");
    }

    @Test
    void aLabelThatIsNoClassMakesTheLossNaN() {
        Gpu gpu = new Gpu();
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage loss = k.out(1);
            Storage dlogits = k.out(2, 3);
            Storage metrics = k.put(0, 0, 0);
            Storage logits = k.put(1, 2, 3, 1, 2, 3);
            gpu.backend().softmaxLoss().forward(2, 3, logits, k.put(new int[] {2, -1}), loss, dlogits, metrics);
            assertTrue(Float.isNaN(k.get(loss, 1)[0]));
            float[] gradient = k.get(dlogits, 2, 3);
            for (int i = 0; i < 6; i++) assertEquals(i >= 3, Float.isNaN(gradient[i]), "dlogits " + i);
            assertEquals(1, k.get(metrics, 3)[1], "the other row is right");
        }
    }

    @Test
    void anIndexThatIsNoImageMakesTheSampleNaN() {
        Gpu gpu = new Gpu();
        AugmentSpec spec = new AugmentSpec(2, 1, 2, 2, 2, 2, 0, false, false, new float[] {0}, new float[] {1 / 255f});
        try (Workspace k = new Workspace(gpu.backend())) {
            Storage y = k.out(2, 1, 2, 2);
            gpu.backend().augment().batch(spec, k.put(new byte[] {1, 2, 3, 4}), k.put(new int[] {0, 1}), 0, 0, y);
            float[] pixels = k.get(y, 2, 1, 2, 2);
            for (int i = 0; i < 8; i++) assertEquals(i >= 4, Float.isNaN(pixels[i]), "pixel " + i);
        }
    }
}
