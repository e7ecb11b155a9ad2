package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of several versions are taken. */
class LibraryChoiceTest {
    private static final LibraryNames NAMES = new LibraryNames(false);

    @TempDir
    private Path root;

    private Path file(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    /** cuBLAS with its other half. */
    private Path cublas(String folder, int major) throws IOException {
        file(folder + "/libcublasLt.so." + major);
        return file(folder + "/libcublas.so." + major);
    }

    private LibraryChoice choose(int driver, String... folders) {
        String property = List.of(folders).stream()
                .map(folder -> root.resolve(folder).toString())
                .collect(Collectors.joining(File.pathSeparator));
        boolean windows = File.pathSeparator.equals(";");
        return LibraryChoice.of(new LibrarySearch(property, name -> null, root, windows), NAMES, driver);
    }

    @Test
    void theNewestThatTheDriverSupports() throws IOException {
        Path twelve = cublas("x", 12);
        Path thirteen = cublas("x", 13);
        Path cudnn = file("x/libcudnn.so.9");
        LibraryChoice old = choose(12, "x");
        assertEquals(12, old.major());
        assertEquals(twelve, old.cublas());
        assertEquals(cudnn, old.cudnn());
        for (int driver : new int[] {13, 14}) {
            LibraryChoice recent = choose(driver, "x");
            assertEquals(13, recent.major());
            assertEquals(thirteen, recent.cublas());
            assertEquals(root.resolve("x/libcublasLt.so.13"), recent.cublasLt());
            assertNull(recent.mismatch());
        }
    }

    @Test
    void cudnnDecidesIfItShowsItsVersion() throws IOException {
        Path twelve = cublas("toolkit", 12);
        cublas("toolkit", 13);
        Path cudnn = file("cudnn-linux-x86_64-9.8.0_cuda12-archive/lib/libcudnn.so.9");
        file("toolkit/libnvrtc.so.12");
        LibraryChoice choice = choose(13, "toolkit", "cudnn-linux-x86_64-9.8.0_cuda12-archive/lib");
        assertEquals(12, choice.major());
        assertEquals(twelve, choice.cublas());
        assertEquals(cudnn, choice.cudnn());
        assertEquals(root.resolve("toolkit/libnvrtc.so.12"), choice.nvrtc());
    }

    @Test
    void theFirstCudnnThatHasACublas() throws IOException {
        file("cuda-13.0/lib64/libcudnn.so.9");
        Path second = file("cuda-12.4/lib64/libcudnn.so.9");
        Path twelve = cublas("cuda-12.4/lib64", 12);
        LibraryChoice choice = choose(13, "cuda-13.0/lib64", "cuda-12.4/lib64");
        assertEquals(second, choice.cudnn());
        assertEquals(twelve, choice.cublas());
    }

    @Test
    void whatDoesNotFitIsNotMixed() throws IOException {
        Path cudnn = file("cu13/lib/libcudnn.so.9");
        Path twelve = cublas("other", 12);
        LibraryChoice choice = choose(13, "cu13/lib", "other");
        assertNull(choice.cudnn());
        assertEquals(twelve, choice.cublas(), "it is shown all the same");
        assertEquals(cudnn + " is built for CUDA 13, of which there is no libcublas.so.13", choice.mismatch());

        LibraryChoice oldDriver = choose(12, "cu13/lib", "other");
        assertNull(oldDriver.cudnn());
        assertTrue(
                oldDriver.mismatch().contains("built for CUDA 13, which the driver, for CUDA 12, does not support"),
                oldDriver.mismatch());
    }

    @Test
    void cublasWithoutItsOtherHalfIsPassedOver() throws IOException {
        file("half/libcublas.so.12");
        Path whole = cublas("whole", 12);
        assertEquals(whole, choose(12, "half", "whole").cublas());
        assertNull(choose(12, "half").cublas());
    }

    @Test
    void nothingThereOrADriverTooOld() throws IOException {
        LibraryChoice none = choose(12, "x");
        assertNull(none.cublas());
        assertNull(none.cudnn());
        assertNull(none.mismatch());
        cublas("x", 12);
        assertNull(choose(11, "x").cublas());
    }

    @Test
    void whatACudnnWasBuiltFor() throws IOException {
        Path packages = root.resolve("site-packages");
        Path cudnn = file("site-packages/nvidia/cudnn/lib/libcudnn.so.9");
        assertEquals(0, LibraryChoice.builtFor(cudnn, NAMES));
        cublas("site-packages/nvidia/cudnn/lib", 12);
        assertEquals(12, LibraryChoice.builtFor(cudnn, NAMES), "the cuBLAS beside it");
        Files.createDirectory(packages.resolve("nvidia_cudnn_cu13-9.24.0.43.dist-info"));
        assertEquals(13, LibraryChoice.builtFor(cudnn, NAMES), "the package");
        assertEquals(12, LibraryChoice.builtFor(file("cuda-12.4/lib64/libcudnn.so.9"), NAMES), "the path");
        assertEquals(13, LibraryChoice.builtFor(file("nvidia/cu13/lib/libcudnn.so.9"), NAMES), "the path");
        assertEquals(0, LibraryChoice.builtFor(file("cu130/lib/libcudnn.so.9"), NAMES), "not a version");
    }

    @Test
    void whatALoadedCudnnSaysOfItself() throws IOException {
        file("x/libcudnn.so.9");
        cublas("x", 13);
        LibraryChoice choice = choose(13, "x");
        assertNull(choice.refusal(92400, 13000));
        assertNull(choice.refusal(90800, 13010));
        String old = choice.refusal(90799, 13000);
        assertTrue(old.contains("expected cuDNN 9.8.0 or later, got 9.7.99 in " + choice.cudnn()), old);
        String other = choice.refusal(92400, 12090);
        assertTrue(other.contains("expected a cuDNN for CUDA 13") && other.contains("got one for CUDA 12"), other);
    }
}
