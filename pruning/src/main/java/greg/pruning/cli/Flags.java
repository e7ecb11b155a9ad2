package greg.pruning.cli;

import greg.nn.SettingException;
import greg.pruning.report.Setting;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts a text of the library in terms of the command line: flags for settings, commands for calls. */
final class Flags {
    private static final Map<String, String> BY_SETTING = new HashMap<>();

    static {
        for (Setting setting : Setting.values()) BY_SETTING.put(setting.inJava(), of(setting));
    }

    /** A word that may be a setting, with what marks it as one; parts of paths, dotted names and quoted words are not. */
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

    /** The message of an exception, in terms of the command line. */
    static String message(Throwable e) {
        String text = e.getMessage();
        if (!(e instanceof SettingException s)) return in(text);
        String flag = BY_SETTING.get(s.setting());
        if (flag == null) flag = "--" + s.setting().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        String afterName = text.substring(s.setting().length());
        return flag + in(afterName.startsWith(" = ") ? " " + afterName.substring(3) : afterName);
    }

    /**
     * A text of the library, in terms of the command line: {@code regUpperLimit}, {@code ratios = 0.5}, {@code the setting
     * data} and, at the start, {@code ratios:} become flags.
     */
    static String in(String text) {
        StringBuilder out = new StringBuilder();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            String name = word.group(2);
            boolean value = word.group(3) != null;
            boolean atStart = word.start() == 0 && text.startsWith(":", word.end());
            boolean camelCase = !name.equals(name.toLowerCase(Locale.ROOT));
            boolean setting = BY_SETTING.containsKey(name) && (camelCase || value || atStart || word.group(1) != null);
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
