package greg.pruning.cli;

import greg.nn.SettingException;
import java.util.Locale;

/** The command line's names for settings, in place of those that Java code has for them. */
final class Flags {
    private Flags() {}

    /** The message of an exception with flags in it. */
    static String message(RuntimeException e) {
        String text = e.getMessage();
        if (!(e instanceof SettingException s)) return text;
        return of(s.setting()) + text.substring(s.setting().length());
    }

    /** The flag of a setting: {@code lrPrune} is {@code --lr-prune}. */
    static String of(String setting) {
        return "--" + setting.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
