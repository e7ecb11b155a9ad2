package greg.pruning.cli;

import greg.kernels.Backend;
import greg.kernels.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code config.json}: everything needed to run it again. */
final class RunConfig {
    private RunConfig() {}

    /** What was run, by which greg, where and on what; flags with their values, defaults included. */
    static Map<String, Object> describe(
            CommandSpec spec, Backend backend, DataOptions.Data data, String arch, long seed) {
        Device device = backend.device();
        return Json.object(
                "command", spec.name(),
                "args", List.copyOf(spec.commandLine().getParseResult().expandedArgs()),
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
                "options", options(spec));
    }

    private static Map<String, Object> options(CommandSpec spec) {
        Map<String, Object> values = new TreeMap<>();
        for (OptionSpec option : spec.options()) {
            if (option.usageHelp() || option.versionHelp()) continue;
            Object value = option.getValue();
            values.put(name(option), value instanceof Path path ? path.toString() : value);
        }
        return values;
    }

    /** The first long name: the others are aliases. */
    static String name(OptionSpec option) {
        for (String name : option.names()) if (name.startsWith("--")) return name.substring(2);
        return option.longestName();
    }
}
