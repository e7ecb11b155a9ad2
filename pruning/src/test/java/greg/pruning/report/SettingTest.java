package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The roles of settings, which decide which runs are comparable. */
class SettingTest {
    private static Set<String> written(Setting.Role... roles) {
        return Arrays.stream(roles)
                .flatMap(role -> Setting.of(role).stream())
                .map(Setting::written)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void dataAndMachineMayChangeWhenARunIsResumed() {
        assertEquals(
                Set.of(
                        "data",
                        "device",
                        "threads",
                        "workers",
                        "no-graph",
                        "parallel",
                        "checkpoint-interval",
                        "allow-nonfinite",
                        "debug",
                        "class-path"),
                written(Setting.Role.MACHINE));
        assertEquals(Set.of("resume", "out", "force", "config", "seeds"), written(Setting.Role.FOLDER));
    }

    @Test
    void growthHasTheSettingsThatL1DoesNotReadInOneShot() {
        assertEquals(
                Set.of(
                        "batch-size-prune",
                        "block-loss-grad",
                        "lr-prune",
                        "mag-ratio-limit",
                        "reg-granularity-pick",
                        "reg-granularity-prune",
                        "reg-granularity-recover",
                        "reg-upper-limit",
                        "reg-upper-limit-pick",
                        "semantics",
                        "stabilize-reg-interval",
                        "update-reg-interval"),
                written(Setting.Role.GROWTH));
    }

    @Test
    void theRestDecides() {
        List<String> circumstances = Arrays.stream(Setting.values())
                .filter(s -> !s.role().decides())
                .map(Setting::written)
                .sorted()
                .toList();
        assertEquals(
                List.of(
                        "allow-nonfinite",
                        "checkpoint-interval",
                        "class-path",
                        "config",
                        "data",
                        "debug",
                        "device",
                        "force",
                        "log-interval",
                        "no-graph",
                        "one-shot",
                        "out",
                        "parallel",
                        "preset",
                        "resume",
                        "scores-at",
                        "seeds",
                        "target-batch",
                        "target-latency",
                        "target-speedup",
                        "test-interval",
                        "threads",
                        "workers"),
                circumstances);
    }

    @Test
    void namesInJavaAndInFiles() {
        assertEquals("regGranularityPrune", Setting.REG_GRANULARITY_PRUNE.inJava());
        assertEquals("lr", Setting.LR.inJava());
        assertEquals("ratios", Setting.RATIOS.inJava());
        assertEquals("stage-pr", Setting.RATIOS.written());
        assertEquals("wg", Setting.GRANULARITY.written());
        for (Setting setting : Setting.values()) assertEquals(setting, Setting.ofWritten(setting.written()));
        assertEquals(null, Setting.ofWritten("test"));
    }
}
