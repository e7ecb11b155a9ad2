package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files of every kind: a result or a refusal, and never anything else. */
class FuzzCampaignTest {
    private static final int NO_LIMIT = 3600;

    @BeforeAll
    static void runs() throws Exception {
        RunTargets.prepare(Options.OUT.resolve("runs-fuzz"));
    }

    /** Of each group: its targets, inputs of each in the short campaign, and the group's share of the time in a long one. */
    static Stream<Arguments> targets() {
        return Stream.of(of(Targets.FILES, 500, 0.75), of(Targets.RUNS, 100, 0.15), of(Targets.RESUMED, 3, 0.1))
                .flatMap(group -> group);
    }

    private static Stream<Arguments> of(List<Target> group, int count, double share) {
        return group.stream().map(target -> Arguments.of(target.name(), count, share / group.size()));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void mutants(String name, int count, double share) throws Exception {
        Fuzzer fuzzer = new Fuzzer(Targets.named(name), Options.SEED);
        boolean isLong = Options.isLong();
        Tally tally = fuzzer.run(
                isLong ? Long.MAX_VALUE : count, isLong ? Math.round(60 * Options.MINUTES * share) : NO_LIMIT);
        Options.say(tally);
        List<String> findings = fuzzer.findings();
        assertTrue(tally.clean(), tally + "; findings in " + fuzzer.folder() + ": " + findings);
        assertTrue(tally.accepted() > 0, "the valid inputs are refused: " + tally);
    }
}
