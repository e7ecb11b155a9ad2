package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files of every kind: a result or a refusal, and never anything else. */
class FuzzCampaignTest {
    private static final int SHORT = 500;
    private static final int SHORT_SLOW = 4;
    /** Slow targets are not worth more of the time. */
    private static final double SLOW_SHARE = 0.1;

    private static final int NO_LIMIT = 3600;

    @BeforeAll
    static void runs() throws Exception {
        RunTargets.prepare(Options.OUT.resolve("runs-fuzz"));
    }

    static Stream<String> fast() {
        return Targets.FAST.stream().map(Target::name);
    }

    static Stream<String> slow() {
        return Targets.SLOW.stream().map(Target::name);
    }

    @ParameterizedTest
    @MethodSource("fast")
    void fast(String target) throws Exception {
        fuzz(target, SHORT, (1 - SLOW_SHARE) / Targets.FAST.size());
    }

    @ParameterizedTest
    @MethodSource("slow")
    void slow(String target) throws Exception {
        fuzz(target, SHORT_SLOW, SLOW_SHARE / Targets.SLOW.size());
    }

    private static void fuzz(String name, int count, double share) throws Exception {
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
