package greg.kernels.cuda;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import greg.kernels.KernelException;
import greg.kernels.LibraryStatus;
import greg.kernels.natives.NativeFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasStatus;
import jcuda.jcudnn.JCudnn;
import jcuda.libraryPropertyType;

/**
 * Finds NVIDIA's libraries ({@link LibrarySearch} says where, {@link LibraryChoice} which) and loads them together with
 * JCuda's native halves: each by its full path, so that those which ask for it by name are bound to it. The driver is needed
 * for anything; cuBLAS and cuDNN 9.8 or later are for networks; NVRTC, where it is found, lets cuDNN make kernels at run time;
 * NCCL is for several GPUs, and not loaded before somebody asks for it.
 */
final class CudaLibraries {
    /** System property with folders to be searched before all others. */
    static final String PROPERTY = "greg.cuda.libraries";

    /**
     * What convolutions use of cuDNN, in an order in which nothing needs what comes later; it opens the rest itself. A part
     * that is absent is passed over here: cuDNN may do without it, and otherwise says so.
     */
    private static final List<String> CUDNN_PARTS =
            List.of("_graph", "_ops", "_cnn", "_heuristic", "_engines_precompiled", "_engines_runtime_compiled", "");

    /** Functions are bound when they are called, and serve nobody else: JNA's default would offer them to every library. */
    private static final int RTLD_LAZY = 1;

    private static final String ELSEWHERE = ", or name its folder with -D" + PROPERTY + "=...";

    private static LibraryStatus driver;
    private static int driverMajor;
    private static LibraryStatus cublas;
    private static LibraryStatus cudnn;
    private static LibraryStatus nvrtc;
    private static LibraryStatus ncclStatus;
    private static Nccl nccl;

    private CudaLibraries() {}

    /** Null if the driver is there, else why not and what to do. */
    static synchronized String whyNoDriver() {
        if (driver == null) driver = loadDriver();
        return driver.problem();
    }

    /** Null if cuBLAS and the driver are there, else why not and what to do. */
    static synchronized String whyNoCublas() {
        loadAll();
        return driver.problem() != null ? driver.problem() : cublas.problem();
    }

    /** Null if everything is there that a network needs, else why not and what to do. */
    static synchronized String whyNot() {
        String why = whyNoCublas();
        return why != null ? why : cudnn.problem();
    }

    /** The file of the driver's library, or null. */
    static synchronized Path driver() {
        return whyNoDriver() == null ? driver.path() : null;
    }

    /** What was found, in the order in which it depends on each other. */
    static synchronized List<LibraryStatus> status() {
        loadAll();
        if (driver.problem() != null) return List.of(driver);
        loadNccl();
        return List.of(driver, cublas, cudnn, nvrtc, ncclStatus);
    }

    /**
     * NCCL.
     *
     * @throws KernelException if it is not there; the message says why and what to do
     */
    static synchronized Nccl nccl() {
        loadNccl();
        if (nccl == null) throw new KernelException("CUDA: " + ncclStatus.problem());
        return nccl;
    }

    private static void loadNccl() {
        if (ncclStatus != null) return;
        loadAll();
        String name = "NCCL";
        LibrarySearch search = search();
        Path file = search.find(names().nccl()).stream().findFirst().orElse(null);
        String install = pip("nvidia-nccl-cu" + (driverMajor < 13 ? 12 : 13));
        if (file == null) {
            ncclStatus = missing(name, "no " + names().nccl() + "; only training on several GPUs needs it: " + install);
            return;
        }
        try {
            nccl = new Nccl(file);
            int version = nccl.version();
            String words = version / 10000 + "." + version / 100 % 100 + "." + version % 100;
            ncclStatus = new LibraryStatus(name, words, file, null);
        } catch (LinkageError | RuntimeException e) {
            nccl = null;
            ncclStatus = failed(name, file, e, install);
        }
    }

    /** The file of cuDNN, or null unless {@link #whyNot()} is null. */
    static synchronized Path cudnn() {
        return whyNot() == null ? cudnn.path() : null;
    }

    private static LibrarySearch search() {
        return new LibrarySearch(
                System.getProperty(PROPERTY), System::getenv, Path.of("/").toAbsolutePath(), names().windows());
    }

    private static LibraryNames names() {
        return new LibraryNames(System.getProperty("os.name", "").startsWith("Windows"));
    }

    private static LibraryStatus loadDriver() {
        String platform = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!names().windows() && !platform.startsWith("Linux")) {
            return missing("driver", "CUDA: expected Linux or Windows, this is " + platform + "; use device = cpu");
        }
        LibrarySearch search = search();
        Path file = search.find(names().driver()).stream().findFirst().orElse(null);
        if (file == null) {
            return missing(
                    "driver",
                    "CUDA: no " + names().driver() + " in " + folders(search) + "; install NVIDIA's driver"
                            + ELSEWHERE);
        }
        try {
            System.load(file.toString());
            JCudaNatives.load(() -> JCudaDriver.setExceptionsEnabled(false));
            int[] version = new int[1];
            JCudaDriver.cuDriverGetVersion(version);
            driverMajor = version[0] / 1000;
            return new LibraryStatus("driver", "for CUDA " + cudaVersion(version[0]), file, null);
        } catch (LinkageError | RuntimeException e) {
            return failed("driver", file, e, "check the driver's installation");
        }
    }

    private static void loadAll() {
        if (cudnn != null || whyNoDriver() != null) return;
        LibrarySearch search = search();
        LibraryChoice choice = LibraryChoice.of(search, names(), driverMajor);
        nvrtc = loadNvrtc(choice);
        cublas = loadCublas(choice, search);
        cudnn = loadCudnn(choice, search);
    }

    private static LibraryStatus loadNvrtc(LibraryChoice choice) {
        String name = "NVRTC";
        if (choice.nvrtc() == null) {
            return missing(
                    name,
                    "no " + names().nvrtc(choice.major()) + "; cuDNN has fewer kernels to choose from: "
                            + pip("nvidia-cuda-nvrtc", choice.major()));
        }
        try {
            System.load(choice.nvrtc().toString());
            return new LibraryStatus(name, "for CUDA " + choice.major(), choice.nvrtc(), null);
        } catch (UnsatisfiedLinkError e) {
            return failed(name, choice.nvrtc(), e, "install it again");
        }
    }

    private static LibraryStatus loadCublas(LibraryChoice choice, LibrarySearch search) {
        String name = "cuBLAS";
        if (choice.cublas() == null) {
            String why = driverMajor < 12
                    ? "CUDA: expected a driver for CUDA 12 or later, got one for " + driverMajor + "; update the driver"
                    : "CUDA: no " + names().cublas(choice.major()) + " with " + names().cublasLt(choice.major())
                            + " beside it in " + folders(search) + "; " + pip("nvidia-cublas", choice.major());
            return missing(name, why);
        }
        try {
            System.load(choice.cublasLt().toString());
            System.load(choice.cublas().toString());
            JCublasNative.load(choice.major());
            return new LibraryStatus(name, cublasVersion(), choice.cublas(), null);
        } catch (LinkageError | RuntimeException e) {
            return failed(name, choice.cublas(), e, pip("nvidia-cublas", choice.major()));
        }
    }

    private static String cublasVersion() {
        int[] part = new int[1];
        StringBuilder version = new StringBuilder();
        for (int property : new int[] {
            libraryPropertyType.MAJOR_VERSION, libraryPropertyType.MINOR_VERSION, libraryPropertyType.PATCH_LEVEL
        }) {
            if (JCublas2.cublasGetProperty(property, part) != cublasStatus.CUBLAS_STATUS_SUCCESS) return null;
            version.append(version.isEmpty() ? "" : ".").append(part[0]);
        }
        return version.toString();
    }

    /** The functions of cuDNN's file, which serve nobody else. */
    static NativeLibrary functions(Path cudnn) {
        NativeFolder.useForLoaders();
        return NativeLibrary.getInstance(
                cudnn.toString(), names().windows() ? Map.of() : Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY));
    }

    private static LibraryStatus loadCudnn(LibraryChoice choice, LibrarySearch search) {
        String name = "cuDNN";
        String install = pip("nvidia-cudnn", choice.major());
        Path file = choice.cudnn();
        if (choice.mismatch() != null) return missing(name, "CUDA: " + choice.mismatch() + "; " + install);
        if (file == null) {
            return missing(name, "CUDA: no " + names().cudnn() + " in " + folders(search) + "; " + install);
        }
        try {
            for (String suffix : CUDNN_PARTS) {
                Path part = file.resolveSibling(names().cudnnPart(suffix));
                if (Files.isRegularFile(part)) System.load(part.toString());
            }
            NativeLibrary functions = functions(file);
            long version = functions.getFunction("cudnnGetVersion").invokeLong(new Object[0]);
            long builtWith = functions.getFunction("cudnnGetCudartVersion").invokeLong(new Object[0]);
            String words = LibraryChoice.cudnnVersion(version);
            String refusal = choice.refusal(version, builtWith);
            if (refusal != null) {
                return new LibraryStatus(name, words, file, "CUDA: " + refusal + "; " + install);
            }
            JCudaNatives.load(() -> JCudnn.setExceptionsEnabled(false));
            return new LibraryStatus(name, words + ", for CUDA " + choice.major(), file, null);
        } catch (LinkageError | RuntimeException e) {
            return failed(name, file, e, install);
        }
    }

    private static String cudaVersion(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    private static LibraryStatus missing(String name, String why) {
        return new LibraryStatus(name, null, null, why);
    }

    private static LibraryStatus failed(String name, Path file, Throwable error, String remedy) {
        if (error instanceof KernelException) {
            return new LibraryStatus(name, null, file, "CUDA: " + error.getMessage() + "; or use device = reference");
        }
        Throwable root = error;
        while (root.getCause() != null) root = root.getCause();
        return new LibraryStatus(
                name,
                null,
                file,
                "CUDA: loading " + file + " and JCuda's library for it failed: " + root + "; " + remedy
                        + ", and check that the temporary folder allows execution");
    }

    private static String pip(String packageName, int major) {
        // those of CUDA 13 have no suffix, but cuDNN's has
        String name = packageName + (major == 12 || packageName.endsWith("cudnn") ? "-cu" + major : "");
        return pip(name);
    }

    private static String pip(String name) {
        return "pip install " + name + " in a Python environment on PATH" + ELSEWHERE;
    }

    private static String folders(LibrarySearch search) {
        return search.folders().stream().map(Path::toString).collect(Collectors.joining(", "));
    }
}
