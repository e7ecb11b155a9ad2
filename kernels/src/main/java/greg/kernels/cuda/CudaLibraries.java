package greg.kernels.cuda;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;

/**
 * Finds CUDA's driver library and loads it together with JCuda's native half.
 *
 * <p>The folders in system property {@value #PROPERTY} (separated as in a class path) come first, then {@code
 * LD_LIBRARY_PATH}, then where distributions and containers put the driver. The file is loaded by its full path; JCuda's
 * native half, loaded after it, is then bound to it.
 */
final class CudaLibraries {
    static final String PROPERTY = "greg.cuda.libraries";

    private static final boolean WINDOWS = System.getProperty("os.name", "").startsWith("Windows");
    private static final String DRIVER = WINDOWS ? "nvcuda.dll" : "libcuda.so.1";
    private static final List<String> USUAL = WINDOWS
            ? List.of("C:\\Windows\\System32")
            : List.of(
                    "/usr/lib/x86_64-linux-gnu",
                    "/usr/lib64",
                    "/usr/lib",
                    "/usr/lib/wsl/lib",
                    "/usr/local/nvidia/lib64",
                    "/usr/local/cuda/compat",
                    "/run/opengl-driver/lib");

    private static boolean tried;
    private static String failure;

    private CudaLibraries() {}

    /** Loads the libraries if this process has not tried yet; null if they are there, else why not and what to do. */
    static synchronized String whyNot() {
        if (!tried) {
            tried = true;
            failure = load();
        }
        return failure;
    }

    private static String load() {
        String platform = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!WINDOWS && !platform.startsWith("Linux")) {
            return "CUDA: expected Linux or Windows, this is " + platform + "; use device = cpu";
        }
        Path driver = driver();
        if (driver == null) {
            return "CUDA: no " + DRIVER + " in " + String.join(", ", folders())
                    + "; install NVIDIA's driver, or name its folder with -D" + PROPERTY + "=...";
        }
        try {
            System.load(driver.toString());
            NativeFolder.load(() -> JCudaDriver.setExceptionsEnabled(false));
            return null;
        } catch (LinkageError | RuntimeException e) {
            Throwable root = e;
            while (root.getCause() != null) root = root.getCause();
            return "CUDA: loading " + driver + " and JCuda's library for " + platform + " failed: " + root
                    + "; check the driver's installation, and that the temporary folder allows execution";
        }
    }

    /** The file of the driver's library, or null. */
    static Path driver() {
        return folders().stream()
                .map(folder -> Path.of(folder, DRIVER).toAbsolutePath())
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
    }

    private static List<String> folders() {
        List<String> folders = new ArrayList<>();
        for (String list : new String[] {System.getProperty(PROPERTY), System.getenv("LD_LIBRARY_PATH")}) {
            if (list != null) {
                Stream.of(list.split(File.pathSeparator))
                        .filter(folder -> !folder.isBlank())
                        .forEach(folders::add);
            }
        }
        folders.addAll(USUAL);
        return folders;
    }
}
