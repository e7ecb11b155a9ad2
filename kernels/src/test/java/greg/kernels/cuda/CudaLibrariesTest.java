package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.kernels.BackendOptions;
import greg.kernels.BackendsUnderTest;
import greg.kernels.DType;
import greg.kernels.KernelException;
import greg.kernels.LibraryStatus;
import greg.kernels.Storage;
import greg.kernels.spec.GemmSpec;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loading, with libraries of the software device in a folder of its own. A process loads once, so each case is a process; its
 * environment is empty and its working directory elsewhere, so that nothing but the folder counts.
 */
class CudaLibrariesTest {
    @TempDir
    private Path folder;

    private Path simulator;

    /** Says what was found, then multiplies. */
    static final class Program {
        public static void main(String[] arguments) {
            for (LibraryStatus status : CudaLibraries.status()) {
                System.out.println(
                        status.name() + ": " + status.version() + ", " + status.path() + ", " + status.problem());
            }
            System.out.println("why not: " + CudaLibraries.whyNot());
            try (CudaBackend backend = new CudaBackend(BackendOptions.standard())) {
                Storage x = backend.memory().allocate(DType.FLOAT32, 1);
                Storage y = backend.memory().allocate(DType.FLOAT32, 1);
                backend.transfer().fill(x, 3);
                backend.gemm().gemm(new GemmSpec(1, 1, 1, false, false, false), x, x, y);
                float[] value = new float[1];
                backend.transfer().download(y, new int[] {1}, value);
                System.out.println("3 x 3 = " + value[0]);
                x.release();
                y.release();
            } catch (KernelException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @BeforeEach
    void needsTheSoftwareDevice() {
        BackendsUnderTest.open("cuda");
        Assumptions.assumeFalse("hardware".equals(System.getProperty("greg.cuda")), "needs the software device");
        simulator = Path.of(System.getProperty("greg.cuda.libraries")).toAbsolutePath();
    }

    private void copy(String... names) throws IOException {
        for (String name : names) Files.copy(simulator.resolve(name), folder.resolve(name));
    }

    private String run(Map<String, String> environment) throws IOException, InterruptedException {
        String classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "-Dgreg.cuda.libraries=" + folder,
                        Program.class.getName())
                .directory(Path.of(System.getProperty("java.io.tmpdir")).toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static void assertContains(String output, String... words) {
        for (String word : words) assertTrue(output.contains(word), "'" + word + "' in: " + output);
    }

    @Test
    void cublasOfCuda12() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12");
        String output = run(Map.of());
        assertContains(
                output,
                "driver: for CUDA 12.6, " + folder.resolve("libcuda.so.1") + ", null",
                "cuBLAS: 12.0.0, " + folder.resolve("libcublas.so.12") + ", null",
                "3 x 3 = 9.0");
        assertFalse(output.contains("not freed"), "the device says it of what a closed backend leaves: " + output);
    }

    @Test
    void cublasOfCuda13() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.13", "libcublasLt.so.13");
        assertContains(
                run(Map.of("GREG_SIM_CUDA", "13000")),
                "driver: for CUDA 13.0, " + folder.resolve("libcuda.so.1") + ", null",
                "cuBLAS: 13.0.0, " + folder.resolve("libcublas.so.13") + ", null",
                "3 x 3 = 9.0");
    }

    @Test
    void theDriverDecidesBetweenBoth() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12", "libcublas.so.13", "libcublasLt.so.13");
        assertContains(run(Map.of("GREG_SIM_CUDA", "12090")), "cuBLAS: 12.0.0, ", "3 x 3 = 9.0");
        assertContains(run(Map.of("GREG_SIM_CUDA", "13010")), "cuBLAS: 13.0.0, ", "3 x 3 = 9.0");
    }

    @Test
    void cudnnGoesWithTheCublas() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12", "libcudnn.so.9");
        String found = ", for CUDA 12, " + folder.resolve("libcudnn.so.9") + ", null";
        assertContains(run(Map.of()), "cuDNN: 9.", found, "why not: null", "3 x 3 = 9.0");
        // the software cuDNN is one for the CUDA of its driver
        assertContains(
                run(Map.of("GREG_SIM_CUDA", "13000")),
                "why not: CUDA: expected a cuDNN for CUDA 12, as the cuBLAS in " + folder.resolve("libcublas.so.12"),
                "got one for CUDA 13 in " + folder.resolve("libcudnn.so.9"));
        copy("libcublas.so.13", "libcublasLt.so.13");
        assertContains(run(Map.of("GREG_SIM_CUDA", "13000")), ", for CUDA 13, ", "why not: null", "3 x 3 = 9.0");
    }

    @Test
    void ncclIsThereOrSaysWhatItIsFor() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12", "libcudnn.so.9");
        assertContains(
                run(Map.of()),
                "NCCL: null, null, no libnccl.so.2; only training on several GPUs needs it: pip install nvidia-nccl-cu12",
                "why not: null");
        copy("libnccl.so.2");
        assertContains(run(Map.of()), "NCCL: 2.27.3, " + folder.resolve("libnccl.so.2") + ", null");
    }

    @Test
    void aDriverTooOldForCublas() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12");
        assertContains(
                run(Map.of("GREG_SIM_CUDA", "11080")),
                "expected a driver for CUDA 12 or later, got one for 11; update the driver");
    }

    @Test
    void aFileThatIsNoLibrary() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublasLt.so.12");
        Path file = Files.writeString(folder.resolve("libcublas.so.12"), "nothing");
        assertContains(
                run(Map.of()),
                "cuBLAS: null, " + file + ", CUDA: loading " + file,
                "pip install nvidia-cublas-cu12",
                "-Dgreg.cuda.libraries=");
    }

    @Test
    void aDriverWithoutACompilerForPtx() throws IOException, InterruptedException {
        copy("libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12");
        assertContains(
                run(Map.of("GREG_SIM_NO_JIT", "1")),
                "CUDA_ERROR_JIT_COMPILER_NOT_FOUND",
                "libnvidia-ptxjitcompiler.so.1",
                "NVIDIA_DRIVER_CAPABILITIES must include compute");
    }
}
