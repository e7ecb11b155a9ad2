package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.pruning.report.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Every flag of a run has a setting that says what it decides. */
class SettingsOfOptionsTest {
    private static List<String> options(String command) {
        CommandSpec spec = Main.commandLine(false).getSubcommands().get(command).getCommandSpec();
        return spec.options().stream()
                .filter(o -> !o.usageHelp())
                .map(Invocations::name)
                .toList();
    }

    @Test
    void everyOptionOfTrainAndPruneIsClassifiedOnce() {
        List<String> all = new ArrayList<>(options("train"));
        all.addAll(options("prune"));
        for (String option : all) assertNotNull(Setting.ofWritten(option), "--" + option + " is no " + Setting.class);
        assertEquals(
                new TreeSet<>(all),
                Arrays.stream(Setting.values()).map(Setting::written).collect(Collectors.toCollection(TreeSet::new)),
                "settings without an option, or two of one name");
        assertEquals(
                Setting.values().length,
                Arrays.stream(Setting.values()).map(Setting::inJava).distinct().count());
    }

    @Test
    void whatMayChangeIsWhatTheHelpOfResumeSays() {
        CommandSpec prune =
                Main.commandLine(false).getSubcommands().get("prune").getCommandSpec();
        OptionSpec resume = prune.findOption("--resume");
        String help = String.join(" ", resume.description());
        for (Setting setting : Setting.of(Setting.Role.MACHINE)) {
            if (setting == Setting.DEBUG) continue; // of the messages, not of the run
            assertTrue(help.contains(Flags.of(setting)), setting + ": " + help);
        }
    }
}
