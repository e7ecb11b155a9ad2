package greg.pruning.cli;

import com.fasterxml.jackson.databind.JsonNode;
import greg.datasets.DatasetException;
import greg.kernels.KernelException;
import greg.nn.io.CheckpointException;
import greg.pruning.graph.NearestName;
import greg.pruning.report.BadJsonException;
import greg.pruning.report.Json;
import greg.pruning.report.Setting;
import greg.pruning.run.RunException;
import greg.pruning.run.RunFolder;
import greg.pruning.run.UsageException;
import greg.pruning.sweep.Entry;
import greg.pruning.sweep.Given;
import greg.pruning.sweep.Plan;
import greg.pruning.sweep.RunName;
import greg.pruning.sweep.SweepFolder;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The runs of a plan as command lines: each flag is one that the command has, and what is wrong with it is said with its place. */
final class SweepPlan {
    /** The flag with which a message begins. */
    private static final Pattern FLAG = Pattern.compile("--([a-z][a-z-]*)");

    private final CommandSpec given;
    private final Plan plan;
    private final CommandSpec command;
    private final Map<String, String> instead;
    private final SweepFolder folder;
    private final List<Run> runs = new ArrayList<>();

    /**
     * A run of the plan.
     *
     * @param words its flags by name
     * @param flags what the plan says of them, by name
     */
    private record Run(Entry entry, Map<String, String> words, Map<String, Given> flags) {}

    /**
     * Reads a plan; UsageException if it is none, or a flag in it cannot be one of a run.
     *
     * @param given the command that reads it
     * @param out in place of the plan's folder, or null
     * @param instead flags in place of those in the plan, by name
     */
    SweepPlan(CommandSpec given, Path file, Path out, Map<String, String> instead) {
        this.given = given;
        this.instead = instead;
        plan = Plan.read(file);
        command = command();
        folder = new SweepFolder(out != null ? out : plan.folder());
        Map<String, Integer> names = new HashMap<>();
        for (List<Given> flags : plan.runs()) {
            Run run = run(runs.size(), flags);
            // some file systems do not tell capitals from small letters
            Integer same = names.put(run.entry.name().toLowerCase(Locale.ROOT), runs.size());
            if (same != null) {
                throw new UsageException(file + ": runs " + same + " and " + runs.size() + " are the same, "
                        + run.entry.name() + "; leave one out");
            }
            runs.add(run);
        }
    }

    private CommandSpec command() {
        Map<String, CommandLine> known = new LinkedHashMap<>(given.root().subcommands());
        known.values().removeIf(c -> !(c.getCommandSpec().userObject() instanceof Rerun.Command));
        String name = plan.command().text();
        if (known.containsKey(name)) return known.get(name).getCommandSpec();
        throw new UsageException(plan.command().where() + ": expected one of " + String.join(", ", known.keySet())
                + ", got '" + name + "'" + NearestName.hint(name, known.keySet()));
    }

    private Run run(int index, List<Given> given) {
        Map<String, String> words = new LinkedHashMap<>();
        Map<String, Given> flags = new LinkedHashMap<>();
        Map<String, String> varied = new LinkedHashMap<>();
        for (Given flag : given) {
            OptionSpec option = option(flag);
            String name = Invocations.name(option);
            Given before = flags.put(name, flag);
            if (before != null) {
                throw new UsageException(
                        flag.where() + ": is given twice, also by " + before.where() + "; give it in one place");
            }
            words.put(name, word(name, option, flag));
            if (flag.varies() && Rerun.role(name) != Setting.Role.MACHINE) varied.put(name, flag.text());
        }
        Given device = flags.get(Setting.DEVICE.written());
        boolean ownDevice = device != null && !List.of("auto", "cuda").contains(device.text());
        Entry entry = new Entry(
                index,
                RunName.of(varied, command.name()),
                ownDevice || instead.containsKey(Setting.DEVICE.written()),
                flags.containsKey(Setting.THREADS.written()) || instead.containsKey(Setting.THREADS.written()));
        words.putAll(instead);
        return new Run(entry, words, flags);
    }

    /** The option of that name; UsageException if there is none, or a plan cannot have it. */
    private OptionSpec option(Given flag) {
        String name = flag.name().replace('_', '-');
        OptionSpec option = command.findOption("--" + name);
        if (option == null || option.usageHelp()) {
            if (ReferenceFlags.contains(command.name(), "--" + name)) {
                throw new UsageException(
                        flag.where() + ": " + ReferenceFlags.message(command.name(), List.of("--" + name)));
            }
            List<String> known = new ArrayList<>();
            for (OptionSpec each : command.options()) {
                for (String spelling : each.names()) {
                    if (spelling.startsWith("--") && !each.usageHelp()) known.add(spelling.substring(2));
                }
            }
            throw new UsageException(flag.where() + ": 'greg " + command.name() + "' has no flag of that name"
                    + NearestName.hint(name, known));
        }
        String canonical = Invocations.name(option);
        String refused = refused(canonical);
        if (refused != null) throw new UsageException(flag.where() + ": " + refused);
        if (canonical.equals(Setting.PRESET.written())) checkPreset(flag);
        return option;
    }

    /** The word that lists all presets is none. */
    private static void checkPreset(Given flag) {
        try {
            PresetFlags.find(flag.text());
        } catch (UsageException e) {
            throw new UsageException(flag.where() + ": " + e.getMessage());
        }
    }

    /** Why a plan cannot have a flag, or null. */
    private static String refused(String name) {
        if (name.equals(Setting.SEEDS.written())) return "list the seeds in cross, as in 'seed: [0, 1, 2]'";
        if (Rerun.role(name) == Setting.Role.FOLDER) return "a sweep gives each run a folder of its own; leave it out";
        if (name.equals(ClassPath.FLAG.substring(2))) {
            return "a file names no code to load; give " + ClassPath.FLAG + " to 'greg sweep'";
        }
        return SpeedOptions.NAMES.contains(name) ? SpeedOptions.NOT_FOR_SEVERAL : null;
    }

    private static String word(String name, OptionSpec option, Given flag) {
        boolean on = flag.text().equals("true");
        if (option.arity().max() == 0 && !on && !flag.text().equals("false")) {
            throw new UsageException(flag.where() + ": expected true or false, got '" + flag.text() + "'");
        }
        return on && option.arity().min() == 0 ? "--" + name : "--" + name + "=" + flag.text();
    }

    /** The folder of all runs. */
    SweepFolder folder() {
        return folder;
    }

    /** All runs, in order. */
    List<Entry> entries() {
        return runs.stream().map(Run::entry).toList();
    }

    /** The command of the runs. */
    String commandName() {
        return command.name();
    }

    /** Refuses runs whose flags cannot be parsed. */
    void parse() {
        runs.forEach(this::parsed);
    }

    /** A run, ready to be begun or resumed; UsageException if its flags cannot be parsed, or its folder holds another run. */
    FolderRun run(int index) {
        FolderRun run = parsed(runs.get(index));
        if (run.begun()) checkSame(runs.get(index), run);
        return run;
    }

    /** Refuses what can be refused before any run begins: flags, files that are missing, folders with other runs. */
    void check() {
        CheckedImages images = new CheckedImages();
        for (Run run : runs) {
            FolderRun parsed = parsed(run);
            JsonNode begun = parsed.begun() ? checkSame(run, parsed) : null;
            check(run, parsed, images);
            if (begun != null) checkSameImages(run, images.difference(begun));
        }
    }

    private FolderRun parsed(Run run) {
        try {
            return new FolderRun(given, command.name(), run.words, folder.run(run.entry));
        } catch (CommandLine.ParameterException e) {
            throw new UsageException(placed(run, e.getMessage()));
        }
    }

    /** The config.json of a run that was begun before; UsageException if not with the same flags. */
    private JsonNode checkSame(Run run, FolderRun parsed) {
        Path path = folder.run(run.entry);
        JsonNode config = Json.read(RunFolder.config(path));
        String other = parsed.differences(config);
        if (other == null) return config;
        throw new UsageException(plan.file() + ": the run in " + path + " " + other
                + "; name another folder in out, or delete that one");
    }

    /** A finished run reads no images again, but stands in one table with those that do. */
    private void checkSameImages(Run run, String other) {
        if (other == null) return;
        throw new UsageException(plan.file() + ": in " + folder.run(run.entry) + " " + other
                + "; name the folder of the same files in data, or another one for the runs in out");
    }

    private void check(Run run, FolderRun parsed, CheckedImages images) {
        Rerun.Command checked = Rerun.command(parsed.parsed());
        checked.run().onlyChecked = images;
        // it says what it will say again when it runs
        parsed.parsed().commandLine().setErr(new PrintWriter(Writer.nullWriter()));
        try {
            checked.call();
        } catch (UsageException
                | IllegalArgumentException
                | RunException
                | BadJsonException
                | DatasetException
                | CheckpointException
                | KernelException e) {
            throw new UsageException(placed(run, Flags.message(e)));
        } catch (Exception e) {
            throw new RunException(placed(run, e.toString()), e);
        }
    }

    /** A message with the place of the flag with which it begins, or else with the name of the run. */
    private String placed(Run run, String message) {
        for (Matcher flag = FLAG.matcher(message); flag.find(); ) {
            Given at = run.flags.get(flag.group(1));
            if (at != null) return at.where() + ": " + message;
        }
        return plan.file() + ": run " + run.entry.index() + ", " + run.entry.name() + ": " + message;
    }
}
