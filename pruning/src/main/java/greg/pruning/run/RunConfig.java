package greg.pruning.run;

import greg.kernels.Backend;
import greg.kernels.Device;
import greg.pruning.report.Json;
import java.util.List;
import java.util.Map;

/** {@code config.json}: everything needed to run it again. */
public final class RunConfig {
    private RunConfig() {}

    /**
     * How a run was started.
     *
     * @param command train or prune
     * @param args its arguments, as given
     * @param options every option by name with its value, defaults included
     */
    public record Invocation(String command, List<String> args, Map<String, Object> options) {}

    /** What was run, by which greg, where and on what. */
    public static Map<String, Object> describe(
            Invocation invocation, Backend backend, RunData data, String arch, long seed) {
        Device device = backend.device();
        return Json.object(
                "command", invocation.command(),
                "args", List.copyOf(invocation.args()),
                "version", Version.number(),
                "commit", Version.commit(),
                "java", System.getProperty("java.version"),
                "os", System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                "arch", arch,
                "seed", seed,
                "device",
                        Json.object(
                                "kind", device.kind(),
                                "name", device.name(),
                                "threads", device.threads(),
                                "details", device.details()),
                "dataset", data.describe(),
                "options", invocation.options());
    }
}
