package greg.pruning.cli;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** The options of {@code --help} below the headings of {@link HelpGroup}, each group in the order of its declaration. */
final class GroupedHelp {
    private GroupedHelp() {}

    /** For a command and all of its own commands. */
    static void install(CommandLine command) {
        command.getCommandSpec().usageMessage().abbreviateSynopsis(true);
        command.getHelpSectionMap()
                .put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST, GroupedHelp::options);
        command.getSubcommands().values().forEach(GroupedHelp::install);
    }

    private static String options(Help help) {
        List<OptionSpec> own = new ArrayList<>();
        Map<HelpGroup.Heading, List<OptionSpec>> groups = new TreeMap<>();
        for (OptionSpec option : help.commandSpec().options()) {
            HelpGroup group = group(option);
            (group == null ? own : groups.computeIfAbsent(group.value(), g -> new ArrayList<>())).add(option);
        }
        StringBuilder text = new StringBuilder(list(help, own));
        groups.forEach((heading, options) -> text.append(System.lineSeparator())
                .append(heading.title())
                .append(':')
                .append(System.lineSeparator())
                .append(list(help, options)));
        return text.toString();
    }

    private static String list(Help help, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout(help.commandSpec().options(), List.of(), help.colorScheme());
        layout.addOptions(options, help.createDefaultParamLabelRenderer());
        return layout.toString();
    }

    private static HelpGroup group(OptionSpec option) {
        if (!(option.userObject() instanceof Field field)) return null; // --version has none
        HelpGroup own = field.getAnnotation(HelpGroup.class);
        return own != null ? own : field.getDeclaringClass().getAnnotation(HelpGroup.class);
    }
}
