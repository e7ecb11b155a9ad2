package greg.kernels.cpu;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import greg.kernels.KernelException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The OpenMP team that oneDNN computes with. libgomp reads its environment once, when it is loaded, and the bytedeco
 * classes have no call to change the team later; both are reached through JNA. Where JNA cannot be loaded, the team is
 * libgomp's own: OMP_NUM_THREADS, or else a thread for each processor.
 */
final class Team {
    /**
     * How many times a waiting worker of libgomp spins before it sleeps. libgomp's own default spins for seconds, which
     * another busy process on the machine turns into a tenfold slowdown. A ResNet-56 step of batch 128 on two cores took,
     * in ms, with a few other busy processes 5000 with the default, 3700 with 100000, 2000 with 20000, 1470 with 1000; on a
     * quiet machine (best of three alternations each) 503 with 1000, 486 with 30000, 485 with 300000. Applies unless the
     * user set GOMP_SPINCOUNT or OMP_WAIT_POLICY.
     */
    static final String SPIN_COUNT = "30000";

    private static Function setNumThreads;
    private static Thread thread;
    private static int size;

    private Team() {}

    /** Whether JNA can be used: it reads the names of its own properties in the default charset, which has to contain ASCII as it is. */
    static boolean reached() {
        return "a".getBytes(Charset.defaultCharset()).length == 1;
    }

    /** Sets the environment that libgomp will read. Must run before the first oneDNN class is loaded. */
    static void prepare(int threads) {
        if (!reached()) return;
        if (System.getenv("OMP_NUM_THREADS") == null) setEnvironment("OMP_NUM_THREADS", Integer.toString(threads));
        if (System.getenv("GOMP_SPINCOUNT") == null && System.getenv("OMP_WAIT_POLICY") == null) {
            setEnvironment("GOMP_SPINCOUNT", SPIN_COUNT);
        }
    }

    /** Makes the calling thread's team have {@code threads} members; cheap when nothing changed. */
    static void enter(int threads) {
        Thread current = Thread.currentThread();
        if (current == thread && threads == size) return;
        if (!reached()) {
            requireOwnTeam(threads);
        } else if (settable()) {
            set(threads);
        } else if (thread != null && threads != size) {
            throw new KernelException("cpu: expected " + size + " threads as when the backend was first opened, got "
                    + threads + "; on this platform the count is fixed at the first use, start another process");
        }
        thread = current;
        size = threads;
    }

    /** Whether threads can have teams of different sizes. */
    static boolean settable() {
        return Platform.isLinux() && reached();
    }

    /** Makes the calling thread's team have {@code threads} members; only where it is {@link #settable}. */
    static void set(int threads) {
        setter().invokeVoid(new Object[] {threads});
    }

    private static synchronized Function setter() {
        // the loaded library answers to its soname, wherever it was unpacked
        if (setNumThreads == null) {
            setNumThreads = NativeLibrary.getInstance("libgomp.so.1").getFunction("omp_set_num_threads");
        }
        return setNumThreads;
    }

    private static void requireOwnTeam(int threads) {
        String own = ownTeam();
        if (own.equals(Integer.toString(threads))) return;
        throw new KernelException(
                "cpu: JNA, which sets the number of threads, cannot be loaded where Java's default charset"
                        + " is " + Charset.defaultCharset() + "; expected the number that OpenMP takes by itself, "
                        + own + ", got "
                        + threads + "; set OMP_NUM_THREADS=" + threads
                        + " in the environment, or leave -Dfile.encoding out");
    }

    /** What libgomp takes by itself. System.getenv decodes with the default charset, so it sees no name here. */
    private static String ownTeam() {
        try {
            String environment = Files.readString(Path.of("/proc/self/environ"), StandardCharsets.ISO_8859_1);
            for (String entry : environment.split("\0")) {
                if (entry.startsWith("OMP_NUM_THREADS=")) return entry.substring(entry.indexOf('=') + 1);
            }
        } catch (IOException e) {
            // not Linux; the number of processors is what OpenMP takes where nothing is set
        }
        return Integer.toString(Runtime.getRuntime().availableProcessors());
    }

    private static void setEnvironment(String name, String value) {
        if (Platform.isWindows()) {
            Function.getFunction("msvcrt", "_putenv_s").invokeInt(new Object[] {name, value});
        } else {
            Function.getFunction("c", "setenv").invokeInt(new Object[] {name, value, 1});
        }
    }
}
