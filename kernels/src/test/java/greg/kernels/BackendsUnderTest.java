package greg.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

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
 */
public final class BackendsUnderTest {
    private static final List<String> FAST = List.of("cpu", "cuda");
    private static final List<String> REQUIRED =
            List.of(System.getProperty("greg.require", "").split(","));
    private static final Map<String, Backend> OPEN = new HashMap<>();
    private static final Set<String> REPORTED = new HashSet<>();

    private BackendsUnderTest() {}

    /** Every kind: for tests against numbers that come from elsewhere, or against a definition. */
    public static Stream<String> all() {
        return Stream.concat(Stream.of("reference"), FAST.stream());
    }

    /** The kinds that {@code reference} is the oracle of. */
    public static Stream<String> others() {
        return FAST.stream();
    }

    /** The oracle. */
    public static Backend reference() {
        return open("reference");
    }

    /** The backend of this kind, opened once and shared by all tests of the run; skips or fails the test if absent. */
    public static Backend open(String kind) {
        Backend known = OPEN.get(kind);
        if (known != null) return known;
        String why = unavailable(kind);
        if (why != null) {
            String message = "backend " + kind + " is absent: " + why;
            if (REQUIRED.contains(kind)) fail(message + " (it is required by -Dgreg.require)");
            if (REPORTED.add(kind)) System.out.println("SKIPPED " + message);
            Assumptions.abort(message);
        }
        Backend backend = Backends.open(kind, BackendOptions.standard());
        assertEquals(kind, backend.name(), "the backend that was asked for");
        OPEN.put(kind, backend);
        return backend;
    }

    private static String unavailable(String kind) {
        for (BackendProvider provider : Backends.providers()) {
            if (provider.kind().equals(kind)) return provider.unavailable();
        }
        return "no provider of this kind on the class path";
    }
}
