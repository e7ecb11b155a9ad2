package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;

/** {@code --config}: a run is repeated, with the flags that its config.json has and those that are given in their place. */
final class Repeat {
    private Repeat() {}

    /** Repeats the run that {@code options} name; returns the exit code. */
    static int run(CommandSpec given, RunOptions options) throws Exception {
        Path file = Files.isDirectory(options.config) ? RunFolder.config(options.config) : options.config;
        if (!Files.isRegularFile(file)) {
            throw new UsageException("--config " + options.config
                    + ": expected the config.json of a run, or its folder;" + " there is none");
        }
        JsonNode config = Json.read(file);
        String command = config.path("command").asText();
        if (!command.equals(given.name())) {
            throw new UsageException("--config " + options.config + " is of a run of 'greg " + command
                    + "', not of 'greg " + given.name() + "'");
        }
        Map<String, String> words = new LinkedHashMap<>(Rerun.given(Rerun.parse(given, command, file, config)));
        words.keySet().removeIf(name -> Rerun.role(name) == Setting.Role.FOLDER);
        words.remove(ClassPath.FLAG.substring(2)); // a file names no code to load
        Map<String, String> instead = Rerun.given(given);
        if (instead.containsKey(Setting.SEEDS.written())) words.remove(Setting.SEED.written());
        String preset = given.commandLine().getParseResult().matchedOptionValue(Flags.of(Setting.PRESET), null);
        if (preset != null) {
            Set<Setting> decided = PresetFlags.decided(preset);
            if (words.containsKey(Setting.WEIGHTS.written())) decided.remove(Setting.ARCH); // it describes the weights
            decided.forEach(setting -> words.remove(setting.written()));
        }
        words.putAll(instead);
        words.remove(Setting.CONFIG.written());
        CommandSpec again = Rerun.parse(given, command, new ArrayList<>(words.values()));
        Console.of(given).say("repeating %s: greg %s %s", options.config, command, String.join(" ", words.values()));
        Rerun.Command repeated = Rerun.command(again);
        if (preset == null) repeated.run().recorded = config; // else the preset's recipe takes the place of the run's
        return repeated.call();
    }
}
