package greg.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where libraries are looked for, in an imitation of a machine's folders. */
@EnabledOnOs(OS.LINUX)
class LibrarySearchTest {
    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>();

    private Path folder(String name) throws IOException {
        return Files.createDirectories(root.resolve(name));
    }

    private Path file(String name) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.exists(file) ? file : Files.createFile(file);
    }

    private LibrarySearch search(String property) {
        return new LibrarySearch(property, environment::get, root, false);
    }

    private List<String> folders(String property) {
        return search(property).folders().stream()
                .map(folder -> root.relativize(folder).toString())
                .toList();
    }

    @Test
    void inTheOrderThatTheClassPromises() throws IOException {
        for (String name : List.of(
                "mine",
                "also mine",
                "ld",
                "home/lib64",
                "path/lib",
                "usr/local/cuda/lib64",
                "usr/local/cuda-9.2/lib64",
                "usr/local/cuda-12.10/lib64",
                "usr/local/cuda-12.9/lib64",
                "usr/lib/x86_64-linux-gnu",
                "usr/local/cuda/compat",
                "extra/nvidia/cudnn/lib",
                "venv/lib/python3.12/site-packages/nvidia/cublas/lib")) {
            folder(name);
        }
        environment.put("LD_LIBRARY_PATH", root.resolve("ld") + "::" + root.resolve("absent"));
        environment.put("CUDA_HOME", root.resolve("home").toString());
        environment.put("CUDA_PATH", root.resolve("path").toString());
        environment.put("PYTHONPATH", root.resolve("extra").toString());
        environment.put("VIRTUAL_ENV", root.resolve("venv").toString());
        assertEquals(
                List.of(
                        "mine",
                        "also mine",
                        "ld",
                        "home/lib64",
                        "path/lib",
                        "usr/local/cuda/lib64",
                        "usr/local/cuda-12.10/lib64",
                        "usr/local/cuda-12.9/lib64",
                        "usr/local/cuda-9.2/lib64",
                        "usr/lib/x86_64-linux-gnu",
                        "usr/lib",
                        "usr/local/cuda/compat",
                        "extra/nvidia/cudnn/lib",
                        "venv/lib/python3.12/site-packages/nvidia/cublas/lib"),
                folders(root.resolve("mine") + ":" + root.resolve("also mine")));
    }

    @Test
    void whatTheLoaderIsToldToSearch() throws IOException {
        folder("usr/lib/nvidia-550");
        folder("opt/x");
        Files.writeString(file("etc/ld.so.conf.d/nvidia.conf"), "# a comment\n/usr/lib/nvidia-550\n/absent\n");
        Files.writeString(file("etc/ld.so.conf.d/other.txt"), "/opt/x\n");
        assertEquals(List.of("usr/lib", "usr/lib/nvidia-550"), folders(null));
    }

    @Test
    void nothingSetAndNothingThere() {
        assertEquals(List.of(), folders(null));
        assertEquals(List.of(), search(null).find("libcuda.so.1"));
    }

    @Test
    void packagesOfEveryPythonOnThePath() throws IOException {
        file("opt/one/bin/python3");
        file("two/bin/python3.11");
        folder("three/bin"); // a folder without a python3 says nothing about the one above it
        folder("three/lib/python3.11/site-packages/nvidia/cublas/lib");
        folder("opt/one/lib/python3.9/site-packages/nvidia/cublas/lib");
        folder("opt/one/lib/python3.13/site-packages/nvidia/cu13/lib");
        folder("opt/one/lib/python3/dist-packages/nvidia/cudnn/lib");
        folder("opt/one/lib/python3.13/site-packages/nvidia/cudnn/include");
        folder("two/lib64/python3.11/site-packages/nvidia/cuda_nvrtc/lib");
        folder("two/local/lib/python3.11/dist-packages/nvidia/cudnn/lib");
        Files.createSymbolicLink(root.resolve("two/bin/python3"), root.resolve("two/bin/python3.11"));
        environment.put(
                "PATH", root.resolve("three/bin") + ":" + root.resolve("opt/one/bin") + ":" + root.resolve("two/bin"));
        assertEquals(
                List.of(
                        "opt/one/lib/python3.13/site-packages/nvidia/cu13/lib",
                        "opt/one/lib/python3.9/site-packages/nvidia/cublas/lib",
                        "opt/one/lib/python3/dist-packages/nvidia/cudnn/lib",
                        "two/lib64/python3.11/site-packages/nvidia/cuda_nvrtc/lib",
                        "two/local/lib/python3.11/dist-packages/nvidia/cudnn/lib"),
                folders(null));
    }

    @Test
    void anEnvironmentAndTheInstallationItWasMadeFrom() throws IOException {
        file("base/bin/python3.12");
        folder("base/lib/python3.12/site-packages/nvidia/cublas/lib");
        folder("venv/lib/python3.12/site-packages/nvidia/cudnn/lib");
        folder("venv/bin");
        Files.createSymbolicLink(root.resolve("venv/bin/python3"), root.resolve("base/bin/python3.12"));
        // as in real ones: the same folder under a second name
        Files.createSymbolicLink(root.resolve("venv/lib64"), root.resolve("venv/lib"));
        folder("user/.local/lib/python3.12/site-packages/nvidia/cudnn/lib");
        environment.put("PATH", root.resolve("venv/bin").toString());
        environment.put("HOME", root.resolve("user").toString());
        assertEquals(
                List.of(
                        "venv/lib/python3.12/site-packages/nvidia/cudnn/lib",
                        "base/lib/python3.12/site-packages/nvidia/cublas/lib",
                        "user/.local/lib/python3.12/site-packages/nvidia/cudnn/lib"),
                folders(null));
    }

    @Test
    void condaPackages() throws IOException {
        folder("conda/lib/python3.12/site-packages/nvidia/cudnn/lib");
        environment.put("CONDA_PREFIX", root.resolve("conda").toString());
        assertEquals(List.of("conda/lib", "conda/lib/python3.12/site-packages/nvidia/cudnn/lib"), folders(null));
    }

    @Test
    void aFileThatIsReachedInTwoWaysIsFoundOnce() throws IOException {
        Path real = file("a/libx.so.1.2");
        folder("b");
        Files.createSymbolicLink(root.resolve("a/libx.so.1"), real);
        Files.createSymbolicLink(root.resolve("b/libx.so.1"), real);
        Path other = file("c/libx.so.1");
        folder("d/libx.so.1"); // a folder is no library
        String all = root.resolve("b") + ":" + root.resolve("a") + ":" + root.resolve("d") + ":" + root.resolve("c");
        assertEquals(List.of(root.resolve("b/libx.so.1"), other), search(all).find("libx.so.1"));
    }
}
