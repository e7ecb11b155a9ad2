package greg.pruning.cli;

import greg.pruning.run.RunConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** How a command was called, for config.json. */
final class Invocations {
    private Invocations() {}

    /** The command, its arguments, and all options with their values, defaults included. */
    static RunConfig.Invocation of(CommandSpec spec) {
        Map<String, Object> values = new TreeMap<>();
        for (OptionSpec option : spec.options()) {
            if (option.usageHelp() || option.versionHelp()) continue;
            Object value = option.getValue();
            values.put(name(option), value instanceof Path path ? path.toString() : value);
        }
        List<String> args = spec.commandLine().getParseResult().expandedArgs();
        return new RunConfig.Invocation(spec.name(), args, values);
    }

    /** The first long name of an option: the others are aliases. */
    static String name(OptionSpec option) {
        for (String name : option.names()) if (name.startsWith("--")) return name.substring(2);
        return option.longestName();
    }
}
