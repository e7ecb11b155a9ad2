package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A kernel that accesses memory outside its array. Such a fault ends the context for the whole process, so it happens in a
 * process of its own; and since only the software device is sure to notice, it runs on that one.
 */
class KernelFaultTest {
    /**
     * Launches relu over a thousand elements of a storage that has four, then more work, then waits. Then closes the backend
     * and opens another.
     */
    static final class Program {
        public static void main(String[] arguments) {
            CudaBackend backend = new CudaBackend(BackendOptions.standard());
            Storage x = backend.memory().allocate(DType.FLOAT32, 4);
            backend.transfer().fill(x, 1);
            backend.memory().allocate(DType.FLOAT32, 4).release();
            try {
                backend.elementwise().relu(new int[] {1000}, x, x);
                System.out.println("relu was launched");
                backend.elementwise().scale(new int[] {4}, 2, x, x);
                backend.synchronize();
                System.out.println("nothing was noticed");
            } catch (KernelException e) {
                System.out.println(e.getMessage());
            }
            try {
                backend.close();
                System.out.println("closed as if nothing had happened");
            } catch (KernelException e) {
                System.out.println("closed, but " + e.getMessage());
            }
            try (CudaBackend next = new CudaBackend(BackendOptions.standard())) {
                Storage y = next.memory().allocate(DType.FLOAT32, 1);
                next.transfer().fill(y, 5);
                float[] value = new float[1];
                next.transfer().download(y, new int[] {1}, value);
                System.out.println("the next one computes " + value[0]);
            }
        }
    }

    /** Alternates between two backends on two devices, closes one and continues with the other. */
    static final class TwoDevices {
        public static void main(String[] arguments) {
            CudaBackend first = new CudaBackend(new BackendOptions(1, 0));
            CudaBackend second = new CudaBackend(new BackendOptions(1, 1));
            Storage x = first.memory().allocate(DType.FLOAT32, 4);
            Storage y = second.memory().allocate(DType.FLOAT32, 4);
            for (int i = 1; i < 4; i++) {
                first.transfer().fill(x, i);
                second.transfer().fill(y, 10 * i);
                first.elementwise().scale(new int[] {4}, 2, x, x);
                first.synchronize();
                second.elementwise().scale(new int[] {4}, 2, y, y);
                System.out.println(value(first, x) + " and " + value(second, y));
            }
            second.close();
            first.transfer().fill(x, 7);
            System.out.println(value(first, x) + " alone");
            first.close();
        }

        private static float value(CudaBackend backend, Storage storage) {
            float[] values = new float[4];
            backend.transfer().download(storage, new int[] {4}, values);
            return values[3];
        }
    }

    /** Reads a block of the pool that it has not written, though others have before. */
    static final class Stale {
        public static void main(String[] arguments) {
            CudaBackend backend = new CudaBackend(BackendOptions.standard());
            ForgetfulPool.install(backend);
            Storage first = backend.memory().allocate(DType.FLOAT32, 4);
            backend.transfer().fill(first, 1);
            backend.elementwise().relu(new int[] {4}, first, first);
            first.release();
            Storage second = backend.memory().allocate(DType.FLOAT32, 4);
            backend.elementwise().relu(new int[] {4}, second, second);
            try {
                backend.synchronize();
                System.out.println("nothing was noticed");
            } catch (KernelException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String run(boolean blocking) throws IOException, InterruptedException {
        return run(Program.class, "-Dgreg.cuda.blocking=" + blocking);
    }

    private static String run(Class<?> program, String option) throws IOException, InterruptedException {
        BackendsUnderTest.open("cuda");
        Assumptions.assumeFalse("hardware".equals(System.getProperty("greg.cuda")), "needs the software device");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dgreg.cuda.libraries=" + System.getProperty("greg.cuda.libraries"),
                        option,
                        program.getName())
                .redirectErrorStream(true);
        builder.environment().put("GREG_SIM_DEVICES", "2");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void isReportedByTheNextWait() throws IOException, InterruptedException {
        String output = run(false);
        assertTrue(output.contains("relu was launched"), output);
        for (String word : new String[] {"out of bounds", "relu", "last kernel launched: elementwise.ptx scale(n=4"}) {
            assertTrue(output.contains(word), "'" + word + "' in: " + output);
        }
        assertTrue(output.contains("closed, but cuda: release of 16 bytes failed"), output);
        assertTrue(output.contains("the next one computes 5.0"), "the lost context was released: " + output);
    }

    /** Checks {@link ForgetfulPool}, with which all tests run. */
    @Test
    void staleMemoryIsNoticed() throws IOException, InterruptedException {
        String output = run(Stale.class, "-Dgreg.cuda.blocking=false");
        assertTrue(output.contains("relu") && output.contains("uninitialised memory"), output);
    }

    @Test
    void backendsOfTwoDevicesTakeTurns() throws IOException, InterruptedException {
        String output = run(TwoDevices.class, "-Dgreg.cuda.blocking=false");
        for (String word : new String[] {"2.0 and 20.0", "4.0 and 40.0", "6.0 and 60.0", "7.0 alone"}) {
            assertTrue(output.contains(word), "'" + word + "' in: " + output);
        }
    }

    @Test
    void isReportedWhereItHappensIfLaunchesBlock() throws IOException, InterruptedException {
        String output = run(true);
        for (String word : new String[] {"out of bounds", "elementwise.ptx relu(n=1000, x=FLOAT32[4], y=FLOAT32[4])"}) {
            assertTrue(output.contains(word), "'" + word + "' in: " + output);
        }
        assertTrue(!output.contains("was launched"), output);
    }
}
