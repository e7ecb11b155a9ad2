package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Compare;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.spec.AdamSpec;
import greg.kernels.spec.AugmentSpec;
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** A replay is the next step, also where the step depends on its number; where it cannot be, the capture fails. */
class ReplayTest {
    private static final int FEW = 7;

    /** Adam's steps 1 to 8; those in {@code replayed} by a graph, the others by calls. */
    private static float[][] adam(CudaBackend backend, String replayed) {
        try (Workspace k = new Workspace(backend)) {
            Storage gradient = k.put(gauss(2, FEW));
            UpdateSlot slot = new UpdateSlot(
                    k.put(gauss(1, FEW)),
                    gradient,
                    k.put(new float[FEW]),
                    k.put(new float[FEW]),
                    null,
                    null,
                    null,
                    null);
            Storage lr = k.put(0.1f);
            StepGraph graph = null;
            int missed = 0;
            for (int t = 1; t <= replayed.length(); t++) {
                backend.transfer().upload(gauss(t, FEW), gradient);
                int number = t;
                Runnable step = () -> backend.update().adam(AdamSpec.standard(1e-3), lr, number, List.of(slot));
                if (replayed.charAt(t - 1) == '.') {
                    step.run();
                    missed++;
                    continue;
                }
                if (graph == null) graph = backend.capture(step);
                else graph.skip(missed, 0);
                missed = 0;
                graph.launch();
            }
            if (graph != null) graph.close();
            return new float[][] {k.get(slot.weight(), FEW), k.get(slot.momentum(), FEW), k.get(slot.variance(), FEW)};
        }
    }

    /** The number of the step is counted on the device; others between them, and other graphs, do not matter. */
    @Test
    void replaysOfAdamAreTheNextSteps() {
        CudaBackend backend = new Gpu().backend();
        float[][] expected = adam(backend, "........");
        for (String replayed : new String[] {".ggggggg", "...g.g.g", ".gg..ggg"}) {
            float[][] actual = adam(backend, replayed);
            for (int i = 0; i < 3; i++) Compare.identical(replayed + " " + i, expected[i], actual[i]);
        }
    }

    /** Two batches per step, of 3 and of 2 images out of 5: replays continue the numbering of the samples. */
    @Test
    void replaysCropAnew() {
        CudaBackend backend = new Gpu().backend();
        byte[] images = new byte[5 * 8 * 8 * 3];
        new Random(1).nextBytes(images);
        try (Workspace k = new Workspace(backend)) {
            AugmentSpec[] specs = new AugmentSpec[2];
            Storage[] indices = {k.put(new int[] {0, 1, 2}), k.put(new int[] {3, 4})};
            Storage[] outputs = new Storage[2];
            Storage bytes = k.put(images);
            for (int i = 0; i < 2; i++) {
                float[] ones = {1, 1, 1};
                specs[i] = new AugmentSpec(3 - i, 3, 8, 8, 8, 8, 4, true, true, new float[3], ones);
                outputs[i] = k.out(3 - i, 3, 8, 8);
            }
            LongConsumer step = counter -> {
                backend.augment().batch(specs[0], bytes, indices[0], 42, counter, outputs[0]);
                backend.augment().batch(specs[1], bytes, indices[1], 42, counter + 3, outputs[1]);
            };
            long start = 0xFFFFFFF0L;
            float[][] expected = new float[12][];
            for (int t = 0; t < 6; t++) {
                step.accept(start + 5 * t);
                for (int i = 0; i < 2; i++) expected[2 * t + i] = k.get(outputs[i], 3 - i, 3, 8, 8);
            }
            try (StepGraph graph = backend.capture(() -> step.accept(start))) {
                for (int t : new int[] {0, 1, 2, 5}) {
                    if (t == 5) graph.skip(2, 10);
                    graph.launch();
                    for (int i = 0; i < 2; i++) {
                        float[] actual = k.get(outputs[i], 3 - i, 3, 8, 8);
                        Compare.identical("step " + t + " batch " + i, expected[2 * t + i], actual);
                    }
                }
            }
        }
    }

    /** Two layers with seeds of their own, whose masks have numbers of their own. */
    @Test
    void replaysDropAnew() {
        CudaBackend backend = new Gpu().backend();
        int[] dims = {3, 7};
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(gauss(1, dims));
            Storage[] y = {k.out(dims), k.out(dims)};
            LongConsumer step = number -> {
                backend.elementwise().dropout(dims, 0.5f, 42, number, x, y[0]);
                backend.elementwise().dropout(dims, 0.5f, 43, number + 9, x, y[1]);
            };
            long start = (1L << 32) - 2; // the number of a mask has 32 bits
            float[][] expected = new float[12][];
            for (int t = 0; t < 6; t++) {
                step.accept(start + t);
                for (int i = 0; i < 2; i++) expected[2 * t + i] = k.get(y[i], dims);
            }
            try (StepGraph graph = backend.capture(() -> step.accept(start))) {
                for (int t : new int[] {0, 1, 2, 5}) {
                    if (t == 5) graph.skip(2, 0);
                    graph.launch();
                    for (int i = 0; i < 2; i++) {
                        Compare.identical("step " + t + " layer " + i, expected[2 * t + i], k.get(y[i], dims));
                    }
                }
            }
        }
    }

    @Test
    void whatAReplayWouldRepeatIsRefused() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(gauss(1, 8));
            UpdateSlot slot = new UpdateSlot(
                    x, k.put(gauss(2, 8)), k.put(new float[8]), k.put(new float[8]), null, null, null, null);
            Storage lr = k.put(0.1f);
            Runnable step = () -> backend.update().adam(AdamSpec.standard(0), lr, 1, List.of(slot));
            step.run();
            Runnable twice = () -> {
                step.run();
                step.run();
            };
            String message = assertThrows(KernelException.class, () -> backend.capture(twice))
                    .getMessage();
            assertTrue(message.contains("one step of an optimizer"), message);
            message = assertThrows(
                            KernelException.class,
                            () -> backend.capture(() -> backend.capture(step).close()))
                    .getMessage();
            assertTrue(message.contains("cannot capture another"), message);
        }
    }
}
