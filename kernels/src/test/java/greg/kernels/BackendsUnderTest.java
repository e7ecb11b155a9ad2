package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

import greg.kernels.cuda.ForgetfulPool;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The backends that one test body runs on. Tests are parameterised by kind and open it here: a backend that this
 * machine cannot open skips the test and says why, or fails it when {@code -Dgreg.require=cpu,cuda} names the kind, so
 * that a run on a machine with the device proves that the device ran.
 *
 * <p>{@code cuda} runs on the software device that the build made, or with {@code -Dgreg.cuda=hardware} on a real one.
 */
public final class BackendsUnderTest {
    private static final List<String> FAST = List.of("cpu", "cuda");
    private static final List<String> REQUIRED =
            List.of(System.getProperty("greg.require", "").split(","));
    private static final Map<Opened, Backend> OPEN = new HashMap<>();
    private static final Set<String> REPORTED = new HashSet<>();
    private static final boolean HARDWARE = "hardware".equals(System.getProperty("greg.cuda"));

    /** What a backend is opened with. */
    private record Opened(String kind, BackendOptions options) {}

    static {
        // the build puts a software CUDA device into this folder; -Dgreg.cuda=hardware asks for a real one instead
        String simulator = System.getProperty("greg.cuda.simulator");
        if (simulator != null && !HARDWARE) System.setProperty("greg.cuda.libraries", simulator);
    }

    private BackendsUnderTest() {}

    /** Every kind: for tests against numbers that come from elsewhere, or against a definition. */
    public static Stream<String> all() {
        return Stream.concat(Stream.of("reference"), FAST.stream());
    }

    /** The kinds that are checked against {@code reference}. */
    public static Stream<String> others() {
        return FAST.stream();
    }

    /** The oracle. */
    public static Backend reference() {
        return open("reference");
    }

    /**
     * The backend of this kind, opened once and shared by all tests of the run; skips or fails the test if absent. A cuda
     * backend that a kernel's fault has ended is replaced by a new one, so that the fault fails its own test only; a real GPU
     * may be lost to the process instead, and then the first failure is the one to look at.
     *
     * <p>In float32, with kernels that give the same bits in each run: training that is resumed is compared with training that
     * was not interrupted.
     *
     * @throws AssertionError if an earlier test did not wait for a kernel of its own that failed
     */
    public static Backend open(String kind) {
        return open(kind, BackendOptions.standard().precision(Precision.FP32).deterministic(true));
    }

    /** As above with other options; one backend for each. */
    public static Backend open(String kind, BackendOptions options) {
        Opened key = new Opened(kind, options);
        Backend known = OPEN.get(key);
        if (known != null) {
            KernelException fault = kind.equals("cuda") ? fault(known) : null;
            if (fault == null) return known;
            replace(kind, fault);
        }
        String why = unavailable(kind);
        if (why != null) {
            String message = "backend " + kind + " is absent: " + why;
            if (REQUIRED.contains(kind)) fail(message + " (it is required by -Dgreg.require)");
            if (REPORTED.add(kind)) System.out.println("SKIPPED " + message);
            Assumptions.abort(message);
        }
        Backend backend = Backends.open(kind, options);
        assertEquals(kind, backend.name(), "the backend that was requested");
        if (kind.equals("cuda")) {
            String name = backend.device().name();
            System.out.println(
                    "TESTING cuda on " + name + " (" + backend.device().details() + ")");
            ForgetfulPool.install(backend);
            assertFalse(HARDWARE && name.contains("software"), "-Dgreg.cuda=hardware, but the device is " + name);
        }
        OPEN.put(key, backend);
        return backend;
    }

    /** The cpu backend with activations in bfloat16; skips the test where the processor does not multiply it. */
    public static Backend cpuInBfloat16() {
        open("cpu");
        BackendOptions options = BackendOptions.standard().precision(Precision.BF16);
        try {
            return open("cpu", options);
        } catch (KernelException refused) {
            Assumptions.abort(refused.getMessage());
            throw refused;
        }
    }

    /** What has ended this backend, or null. */
    private static KernelException fault(Backend backend) {
        try {
            backend.synchronize();
            return null;
        } catch (KernelException ended) {
            return ended;
        }
    }

    /** All of a kind have the same device, and a fault ends them together. */
    private static void replace(String kind, KernelException fault) {
        System.out.println("REPLACED backend " + kind + " after a fault: " + fault.getMessage());
        List<Opened> ended =
                OPEN.keySet().stream().filter(key -> key.kind().equals(kind)).toList();
        for (Opened key : ended) {
            try {
                OPEN.remove(key).close();
            } catch (KernelException cannotRelease) {
                // nothing of a lost context can be released, except the context
            }
        }
        if (!fault.getMessage().contains("the context is lost since")) {
            throw new AssertionError(
                    "a kernel of an earlier test has failed, and that test did not wait for it", fault);
        }
    }

    private static String unavailable(String kind) {
        for (BackendProvider provider : Backends.providers()) {
            if (provider.kind().equals(kind)) return provider.unavailable();
        }
        return "no provider of this kind on the class path";
    }
}
