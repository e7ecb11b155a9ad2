package greg.pruning.cli;

import greg.pruning.report.Setting;
import greg.pruning.report.Written;
import greg.pruning.run.Recipe;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The settings of a run that decide its results, and where each comes from: what a run says before it begins. */
final class EffectiveSettings {
    /** Where a setting comes from, in the order in which they are shown. */
    enum Origin {
        FLAG("flag"),
        MEASURED("measured"),
        MATCHED("matched to GReg-1"),
        PRESET("preset"),
        CHECKPOINT("checkpoint"),
        RECIPE("recipe"),
        DEFAULT("default");

        private final String word;

        Origin(String word) {
            this.word = word;
        }
    }

    /** A limit or size of 0 says that there is none. */
    private static final Set<Setting> NONE_IF_0 = Set.of(Setting.MAX_ITERATIONS, Setting.IMAGE_SIZE);

    private final CommandSpec spec;
    private final Map<Setting, String> values = new EnumMap<>(Setting.class);
    private final Map<Setting, Origin> origins = new EnumMap<>(Setting.class);
    private Recipe recipe;

    /** With the values that the options have. */
    EffectiveSettings(CommandSpec spec) {
        this.spec = spec;
        for (OptionSpec option : spec.options()) {
            Setting setting = Setting.ofWritten(Invocations.name(option));
            Object value = option.getValue();
            boolean unset = value == null || value.equals(false) || value.equals("");
            if (setting != null && setting.role().decides() && !unset)
                put(setting, value instanceof Double number ? Written.number(number) : value.toString());
        }
        values.remove(Setting.NO_FINETUNE); // the number of epochs says it
    }

    /** The values that the run has, where they are not the options' own. */
    EffectiveSettings with(Map<Setting, String> settled) {
        settled.forEach(this::put);
        return this;
    }

    /** Leaves out what is off. */
    private void put(Setting setting, String value) {
        boolean off = value.equals("false") || value.equals("0") && NONE_IF_0.contains(setting);
        if (!off) values.put(setting, value);
    }

    /** Leaves out what this run does not read. */
    EffectiveSettings without(List<Setting> unread) {
        unread.forEach(values::remove);
        return this;
    }

    /** What comes from elsewhere than the recipe; where flags were given too, only what was measured or matched does. */
    EffectiveSettings from(Origin origin, Collection<Setting> settings) {
        settings.forEach(setting -> origins.put(setting, origin));
        return this;
    }

    /** What the rest comes from, where recipes differ. */
    EffectiveSettings recipe(Recipe chosen) {
        recipe = chosen;
        return this;
    }

    private Origin origin(Setting setting) {
        Origin known = origins.get(setting);
        if (known == Origin.MEASURED || known == Origin.MATCHED) return known;
        if (given(setting) || setting == Setting.EPOCHS && given(Setting.NO_FINETUNE)) return Origin.FLAG;
        if (known != null) return known;
        return recipe != null && Recipe.decides(setting) ? Origin.RECIPE : Origin.DEFAULT;
    }

    private boolean given(Setting setting) {
        return spec.commandLine().getParseResult().hasMatchedOption(Flags.of(setting));
    }

    /** A line for each origin. */
    void say(Console console) {
        Map<Origin, List<String>> lines = new EnumMap<>(Origin.class);
        values.forEach((setting, value) -> lines.computeIfAbsent(origin(setting), o -> new ArrayList<>())
                .add(Flags.of(setting) + (value.equals("true") ? "" : " " + value)));
        console.say("settings, by where they come from:");
        lines.forEach((origin, flags) -> {
            String word = origin == Origin.RECIPE ? "recipe " + Written.name(recipe) : origin.word;
            console.say("  %-20s %s", word, String.join(" ", flags));
        });
    }
}
