package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A captured update is the update, its tables are found again, and events time what lies between them. */
class StepGraphTest {
    private static final SgdSpec SGD = new SgdSpec(0.9f, 5e-4f, false, false);

    private static UpdateSlot slot(Workspace k, Storage gradient) {
        Storage weight = k.put(gauss(1, 135));
        return new UpdateSlot(
                weight,
                gradient,
                k.put(gauss(3, 135)),
                null,
                k.put(gauss(4, 5)),
                null,
                k.out(5),
                new GroupIndex(5, 27));
    }

    private static float[] afterSteps(CudaBackend backend, int steps, boolean replayed) {
        try (Workspace k = new Workspace(backend)) {
            List<UpdateSlot> slots = List.of(slot(k, k.put(gauss(2, 135))));
            Storage lr = k.put(0.1f);
            Runnable step = () -> backend.update().sgd(SGD, lr, slots);
            step.run();
            if (replayed) {
                try (StepGraph graph = backend.capture(step)) {
                    for (int i = 1; i < steps; i++) {
                        // read by the replay from device memory, not from an argument
                        backend.transfer().upload(new float[] {0.1f / i}, lr);
                        graph.launch();
                    }
                    backend.synchronize();
                }
            } else {
                for (int i = 1; i < steps; i++) {
                    backend.transfer().upload(new float[] {0.1f / i}, lr);
                    step.run();
                }
            }
            return k.get(slots.get(0).weight(), 135);
        }
    }

    @Test
    void aReplayedUpdateIsTheUpdate() {
        CudaBackend backend = new Gpu().backend();
        Compare.identical("weight", afterSteps(backend, 4, false), afterSteps(backend, 4, true));
    }

    @Test
    void whatCannotBeCapturedSaysSoAndLeavesTheStreamUsable() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1, 2, 3);
            KernelException waits = assertThrows(KernelException.class, () -> backend.capture(backend::synchronize));
            assertTrue(waits.getMessage().contains("CAPTURE"), waits.getMessage());
            assertThrows(
                    IllegalStateException.class,
                    () -> backend.capture(() -> {
                        backend.transfer().fill(x, 7);
                        throw new IllegalStateException("the step's own");
                    }));
            Compare.equal("nothing ran", new float[] {1, 2, 3}, k.get(x, 3));
            backend.transfer().fill(x, 5);
            Compare.equal("the stream runs on", new float[] {5, 5, 5}, k.get(x, 3));
        }
    }

    @Test
    void tablesAreFoundAgainByAddress() {
        CudaBackend backend = new Gpu().backend();
        DeviceMemory memory = (DeviceMemory) backend.memory();
        long before = memory.liveBytes();
        try (Workspace k = new Workspace(backend);
                UpdateTables tables = new UpdateTables(memory, backend.transfer())) {
            Storage gradient = memory.allocate(DType.FLOAT32, 135);
            UpdateSlot first = slot(k, gradient);
            UpdateTables.Uploaded table = tables.of(Purpose.UPDATE, List.of(first));
            // the next step: another storage with the same address
            gradient.release();
            assertThrows(KernelException.class, () -> tables.of(Purpose.UPDATE, List.of(first)), "a released gradient");
            Storage next = memory.allocate(DType.FLOAT32, 135);
            UpdateSlot again = new UpdateSlot(
                    first.weight(), next, first.momentum(), null, first.lambda(), null, first.l1(), first.groups());
            assertSame(table, tables.of(Purpose.UPDATE, List.of(again)));
            assertNotSame(table, tables.of(Purpose.GRADIENT, List.of(again)), "another purpose");
            UpdateSlot regrouped = new UpdateSlot(
                    first.weight(), next, first.momentum(), null, null, null, first.l1(), new GroupIndex(5, 9));
            assertNotSame(table, tables.of(Purpose.UPDATE, List.of(regrouped)), "other geometry");
            assertSame(table, tables.of(Purpose.UPDATE, List.of(again)), "in turns");
            for (int i = 1; i <= UpdateTables.KEPT; i++) {
                UpdateSlot other =
                        new UpdateSlot(first.weight(), next, null, null, null, null, null, new GroupIndex(i, 1));
                tables.of(Purpose.UPDATE, List.of(other));
            }
            assertNotSame(table, tables.of(Purpose.UPDATE, List.of(again)), "the oldest made room");
            next.release();
        }
        assertEquals(before, memory.liveBytes(), "every table was given back");
    }

    @Test
    void eventsTimeWhatLiesBetweenThem() {
        CudaBackend backend = new Gpu().backend();
        assertTrue(backend.l2CacheBytes() > 0);
        try (Workspace k = new Workspace(backend);
                DeviceTimer timer = backend.timer()) {
            Storage x = k.out(100_000);
            for (int i = 0; i < 2; i++) {
                timer.start();
                backend.transfer().fill(x, i);
                timer.stop();
                double time = timer.microseconds();
                assertTrue(time > 0 && time < 60e6, "microseconds: " + time);
            }
        }
    }
}
