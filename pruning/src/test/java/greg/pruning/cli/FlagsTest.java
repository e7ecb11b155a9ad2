package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import greg.nn.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlagsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "use a smaller lrPrune or regUpperLimit; stop|use a smaller --lr-prune or --reg-upper-limit; stop",
                "skipLayers has no effect with granularity = weight, as|--skip-layers has no effect with --wg weight, as",
                "ratios: every ratio is 0|--stage-pr: every ratio is 0",
                "write ratios = 0.5|write --stage-pr 0.5",
                "name their folder with the setting data|name their folder with --data",
                "out = /tmp/x y is not empty|--out /tmp/x y is not empty",
                "the data, its seed and other weights: a method|the data, its seed and other weights: a method",
                "runs/lrPrune/data = 3 and a.lrPrune and 'lrPrune'|runs/lrPrune/data = 3 and a.lrPrune and 'lrPrune'",
                "seed.txt, data-set, lrPrunes|seed.txt, data-set, lrPrunes",
                "--seed 3, --lr-prune|--seed 3, --lr-prune",
                "run `Source.of(\"mnist\").fetch(folder, download)` or|run `greg data fetch mnist` or",
                "see Backends.providers()|see 'greg devices'",
            })
    void theLibrarysWordsBecomeFlagsAndCommands(String library, String commandLine) {
        assertEquals(commandLine, Flags.in(library));
        assertEquals(commandLine, Flags.in(commandLine), "once is enough");
    }

    @Test
    void exceptionsBeginWithTheirFlag() {
        assertEquals(
                "--reg-granularity-prune: 1 is too small to reach --reg-upper-limit 2",
                Flags.message(
                        new SettingException("regGranularityPrune", "1 is too small to reach regUpperLimit = 2")));
        assertEquals("--stage-pr [0,1]: no", Flags.message(SettingException.of("ratios", "[0,1]", "no")));
        assertEquals("--arch is needed: say it", Flags.message(SettingException.missing("arch", "say it")));
        assertEquals("--not-known: no", Flags.message(new SettingException("notKnown", "no")));
        assertEquals("cannot read --data x", Flags.message(new IllegalStateException("cannot read data = x")));
    }
}
