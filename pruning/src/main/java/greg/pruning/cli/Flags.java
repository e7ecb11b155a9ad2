package greg.pruning.cli;

import greg.nn.SettingException;
import greg.pruning.report.Setting;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command line's words in place of those that Java code has: flags for settings, commands for calls. */
final class Flags {
    private static final Map<String, String> BY_SETTING = new HashMap<>();

    static {
        for (Setting setting : Setting.values()) BY_SETTING.put(setting.inJava(), of(setting));
    }

    /** A word that may be a setting, with the marks of one; parts of paths, dotted names and quoted words are none. */
    private static final Pattern WORD =
            Pattern.compile("(?<![\\w./\\\\'-])(the setting )?([a-z]+(?:[A-Z][a-z]*)*)(?![\\w/\\\\-]|\\.\\w)( = )?");

    /** What the library tells a Java program to call, and the command that does it. */
    private static final Map<Pattern, String> COMMANDS = Map.of(
            Pattern.compile("Backends\\.providers\\(\\)"), "'greg devices'",
            Pattern.compile("ChannelGraph\\.layers\\(\\)"), "'greg inspect'",
            Pattern.compile("Source\\.of\\(\"([\\w-]+)\"\\)\\.fetch\\(folder, download\\)"), "greg data fetch $1");

    private Flags() {}

    /** The flag of a setting. */
    static String of(Setting setting) {
        return "--" + setting.written();
    }

    /** The message of an exception, in the words of the command line. */
    static String message(Throwable e) {
        String text = e.getMessage();
        if (!(e instanceof SettingException s)) return in(text);
        String flag = BY_SETTING.get(s.setting());
        if (flag == null) flag = "--" + s.setting().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        String rest = text.substring(s.setting().length());
        return flag + in(rest.startsWith(" = ") ? " " + rest.substring(3) : rest);
    }

    /**
     * A text of the library, in the words of the command line: {@code regUpperLimit}, {@code ratios = 0.5}, {@code the setting
     * data} and, at the start, {@code ratios:} become flags.
     */
    static String in(String text) {
        StringBuilder out = new StringBuilder();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            String name = word.group(2);
            boolean value = word.group(3) != null;
            boolean heads = word.start() == 0 && text.startsWith(":", word.end());
            boolean capital = !name.equals(name.toLowerCase(Locale.ROOT));
            boolean setting = BY_SETTING.containsKey(name) && (capital || value || heads || word.group(1) != null);
            word.appendReplacement(
                    out, Matcher.quoteReplacement(setting ? BY_SETTING.get(name) + (value ? " " : "") : word.group()));
        }
        String result = word.appendTail(out).toString();
        for (Map.Entry<Pattern, String> command : COMMANDS.entrySet()) {
            result = command.getKey().matcher(result).replaceAll(command.getValue());
        }
        return result;
    }
}
