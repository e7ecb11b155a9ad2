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
 * A kernel that leaves its array. Such a fault ends the context for the whole process, so it happens in a process of its
 * own; and since only the software device is sure to notice, it runs on that one.
 */
class KernelFaultTest {
    /** Asks relu for a thousand elements of a storage that has four, then for more work, then waits. */
    static final class Program {
        public static void main(String[] arguments) {
            CudaBackend backend = new CudaBackend(BackendOptions.standard());
            Storage x = backend.memory().allocate(DType.FLOAT32, 4);
            backend.transfer().fill(x, 1);
            try {
                backend.elementwise().relu(new int[] {1000}, x, x);
                System.out.println("relu was launched");
                backend.elementwise().scale(new int[] {4}, 2, x, x);
                backend.synchronize();
                System.out.println("nothing was noticed");
            } catch (KernelException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String run(boolean blocking) throws IOException, InterruptedException {
        BackendsUnderTest.open("cuda");
        Assumptions.assumeFalse("hardware".equals(System.getProperty("greg.cuda")), "needs the software device");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dgreg.cuda.libraries=" + System.getProperty("greg.cuda.libraries"),
                        "-Dgreg.cuda.blocking=" + blocking,
                        Program.class.getName())
                .redirectErrorStream(true)
                .start();
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
