package greg.nn;

/**
 * A setting has a value that makes no sense, does not fit the network or the other settings, or is missing. The message
 * begins with the setting's name as Java code writes it, e.g. {@code lrPrune: expected a number above 0, got -1.0}. Other
 * settings in the text are written as {@code name = value}, or without a value as "the setting name" if the name is a
 * single plain word: so a front end with names of its own can substitute them.
 */
public final class SettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String setting;

    /** The message is {@code setting: text}. */
    public SettingException(String setting, String text) {
        this(setting, ": ", text);
    }

    private SettingException(String setting, String between, String text) {
        super(setting + between + text);
        this.setting = setting;
    }

    /** For a value that the message shows: {@code setting = value: text}. */
    public static SettingException of(String setting, Object value, String text) {
        return new SettingException(setting, " = " + value + ": ", text);
    }

    /** For a required setting that is missing: {@code setting is needed: text}. */
    public static SettingException missing(String setting, String text) {
        return new SettingException(setting, " is needed: ", text);
    }

    /** Throws {@code setting: expected ..., got ...} unless {@code ok}. */
    public static void require(boolean ok, String setting, String expected, Object got) {
        if (!ok) throw new SettingException(setting, "expected " + expected + ", got " + got);
    }

    /** The name of the setting. */
    public String setting() {
        return setting;
    }
}
