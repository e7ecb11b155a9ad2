package greg.kernels.cuda;

import static greg.kernels.Workspace.gauss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.Compare;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.MemoryPool;
import greg.kernels.Storage;
import greg.kernels.UpdateSlot;
import greg.kernels.Workspace;
import greg.kernels.cuda.UpdateTable.Purpose;
import greg.kernels.spec.GroupIndex;
import greg.kernels.spec.SgdSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A captured update is the update, its tables are found again, and events time the work between them. */
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
            Runnable uploads = () -> backend.transfer().upload(new float[] {4, 5, 6}, x);
            for (Runnable step : List.<Runnable>of(backend::synchronize, uploads)) {
                String message = assertThrows(KernelException.class, () -> backend.capture(step))
                        .getMessage();
                assertTrue(message.contains("CAPTURE") && message.contains("run it once before"), message);
            }
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

    /** A sum in two stages: the memory between them belongs only to the graph once the step has been recorded. */
    @Test
    void temporariesStayTheGraphsOwn() {
        CudaBackend backend = new Gpu().backend();
        MemoryPool<?> memory = (MemoryPool<?>) backend.memory();
        int n = 20_000;
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(gauss(1, n));
            Storage out = memory.allocate(DType.FLOAT32, 1);
            Runnable step = () -> backend.reduction().sum(n, x, out);
            step.run();
            float[] expected = k.get(out, 1);
            long allocations;
            try (StepGraph graph = backend.capture(step)) {
                // another owner gets blocks of the same sizes: the five partial sums, and the result that is released
                Storage other = k.out(5);
                out.release();
                Storage another = k.put(3);
                graph.launch();
                Compare.equal("another's", new float[] {3}, k.get(another, 1));
                assertTrue(Float.isNaN(k.get(other, 5)[0]), "what others own is left alone");
                assertTrue(out.live(), "the graph holds on to what it writes");
                memory.trim();
                backend.transfer().fill(out, 0);
                graph.launch();
                Compare.identical("sum", expected, k.get(out, 1));
                allocations = memory.systemAllocations();
            }
            assertFalse(out.live(), "closed, it releases the storage");
            memory.allocate(DType.FLOAT32, 5).release();
            memory.allocate(DType.FLOAT32, 1).release();
            assertEquals(allocations, memory.systemAllocations(), "and its blocks are the pool's again");
        }
    }

    @Test
    void tablesOfAGraphAreKept() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            UpdateSlot slot = slot(k, k.put(gauss(2, 135)));
            Runnable step = () -> backend.penalty().addGradient(List.of(slot));
            step.run();
            float[] once = k.get(slot.gradient(), 135);
            try (StepGraph graph = backend.capture(step)) {
                for (int i = 1; i <= UpdateTables.KEPT; i++) {
                    Storage l1 = k.out(i);
                    backend.penalty()
                            .groupL1(List.of(new UpdateSlot(
                                    slot.weight(), null, null, null, null, null, l1, new GroupIndex(i, 1))));
                }
                backend.memory().trim();
                backend.transfer().upload(gauss(2, 135), slot.gradient());
                graph.launch();
                Compare.identical("gradient", once, k.get(slot.gradient(), 135));
            }
        }
    }

    /** The memory in which the sums of a table's tiles meet is the graph's, too. */
    @Test
    void sumsThatMeetAreKept() {
        CudaBackend backend = new Gpu().backend();
        int n = 200 * 32;
        try (Workspace k = new Workspace(backend)) {
            Storage weight = k.put(gauss(1, n));
            Storage l1 = k.out(4);
            UpdateSlot slot = new UpdateSlot(weight, null, null, null, null, null, l1, new GroupIndex(4, 8));
            Runnable step = () -> backend.penalty().groupL1(List.of(slot));
            step.run();
            float[] once = k.get(l1, 4);
            try (StepGraph graph = backend.capture(step)) {
                for (int i = 1; i <= UpdateTables.KEPT; i++) {
                    Storage other = k.out(i);
                    backend.penalty()
                            .groupL1(List.of(
                                    new UpdateSlot(weight, null, null, null, null, null, other, new GroupIndex(i, 1))));
                }
                backend.memory().trim();
                backend.transfer().fill(l1, 0);
                graph.launch();
                Compare.identical("l1", once, k.get(l1, 4));
            }
        }
    }

    @Test
    void aStepThatNeverRanSaysSo() {
        new Gpu();
        try (CudaBackend fresh = new CudaBackend(BackendOptions.standard())) {
            int n = 20_000;
            Storage x = fresh.memory().allocate(DType.FLOAT32, n);
            Storage out = fresh.memory().allocate(DType.FLOAT32, 1);
            fresh.transfer().upload(gauss(1, n), x);
            Runnable step = () -> fresh.reduction().sum(n, x, out);
            String memory = assertThrows(KernelException.class, () -> fresh.capture(step))
                    .getMessage();
            assertTrue(memory.contains("20 bytes: run the step once before capturing"), memory);
            Runnable small = () -> fresh.reduction().sum(10, x, out);
            String module = assertThrows(KernelException.class, () -> fresh.capture(small))
                    .getMessage();
            assertTrue(module.contains("reduction.ptx is not loaded"), module);
            assertTrue(module.contains("run the step once before capturing"), module);
            step.run();
            fresh.capture(step).close();
            x.release();
            out.release();
        }
    }

    private static UpdateTables.Uploaded table(UpdateTables tables, Purpose purpose, List<UpdateSlot> slots) {
        UpdateTables.Uploaded[] found = new UpdateTables.Uploaded[1];
        tables.run(purpose, slots, table -> found[0] = table);
        return found[0];
    }

    @Test
    void tablesAreFoundAgainByAddress() {
        Gpu gpu = new Gpu();
        CudaBackend backend = gpu.backend();
        DeviceMemory memory = (DeviceMemory) backend.memory();
        long before = memory.liveBytes();
        try (Workspace k = new Workspace(backend);
                UpdateTables tables = new UpdateTables(gpu.context(), memory, backend.transfer(), gpu.layouts())) {
            Storage gradient = memory.allocate(DType.FLOAT32, 135);
            UpdateSlot first = slot(k, gradient);
            UpdateTables.Uploaded table = table(tables, Purpose.UPDATE, List.of(first));
            // the next step: another storage with the same address
            gradient.release();
            assertThrows(
                    KernelException.class, () -> table(tables, Purpose.UPDATE, List.of(first)), "a released gradient");
            Storage next = memory.allocate(DType.FLOAT32, 135);
            UpdateSlot again = new UpdateSlot(
                    first.weight(), next, first.momentum(), null, first.lambda(), null, first.l1(), first.groups());
            assertSame(table, table(tables, Purpose.UPDATE, List.of(again)));
            assertNotSame(table, table(tables, Purpose.GRADIENT, List.of(again)), "another purpose");
            UpdateSlot regrouped = new UpdateSlot(
                    first.weight(), next, first.momentum(), null, null, null, first.l1(), new GroupIndex(5, 9));
            assertNotSame(table, table(tables, Purpose.UPDATE, List.of(regrouped)), "other geometry");
            assertSame(table, table(tables, Purpose.UPDATE, List.of(again)), "in turns");
            for (int i = 1; i <= UpdateTables.KEPT; i++) {
                UpdateSlot other =
                        new UpdateSlot(first.weight(), next, null, null, null, null, k.out(i), new GroupIndex(i, 1));
                table(tables, Purpose.UPDATE, List.of(other));
            }
            assertNotSame(table, table(tables, Purpose.UPDATE, List.of(again)), "the oldest made room");
            next.release();
        }
        assertEquals(before, memory.liveBytes(), "every table was given back");
    }

    /** One block, so that a gradient of all parameters is one array; captured, it is held through its parts. */
    @Test
    void neighboursAreOneBlock() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            List<Storage> others = List.of(k.put(new float[65]), k.put(1, 2), k.put(3));
            long blocks = backend.memory().systemAllocations();
            List<Storage> parts = backend.memory().neighbours(others);
            assertTrue(backend.memory().systemAllocations() <= blocks + 1);
            long start = CudaStorage.of(parts.get(0)).address().value();
            assertEquals(0, start % 256);
            assertEquals(start + 512, CudaStorage.of(parts.get(1)).address().value());
            assertEquals(start + 768, CudaStorage.of(parts.get(2)).address().value());
            Storage out = k.out(2);
            backend.transfer().upload(new float[] {5, 6}, parts.get(1));
            Runnable step = () -> backend.elementwise().scale(new int[] {2}, 2, parts.get(1), out);
            step.run();
            try (StepGraph graph = backend.capture(step)) {
                parts.forEach(Storage::release);
                Storage another = k.own(backend.memory().allocate(DType.UINT8, 1024));
                backend.transfer().fill(another, 0);
                graph.launch();
                Compare.equal("twice", new float[] {10, 12}, k.get(out, 2));
            }
        }
    }

    @Test
    void aSecondCloseDoesNothing() {
        CudaBackend backend = new Gpu().backend();
        try (Workspace k = new Workspace(backend)) {
            Storage x = k.put(1, 2, 3);
            Runnable step = () -> backend.elementwise().scale(new int[] {3}, 2, x, x);
            step.run();
            long live = backend.memory().liveBytes();
            StepGraph graph = backend.capture(step);
            assertTrue(backend.memory().liveBytes() > live, "its counters");
            graph.close();
            graph.close();
            assertEquals(live, backend.memory().liveBytes(), "all it held is released, once");
            DeviceTimer timer = backend.timer();
            timer.close();
            timer.close();
            step.run();
            Compare.equal("the stream runs on", new float[] {4, 8, 12}, k.get(x, 3));
        }
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
