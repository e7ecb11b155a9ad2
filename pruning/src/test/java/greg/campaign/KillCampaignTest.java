package greg.campaign;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SIGKILL at any moment of any kind of run. */
class KillCampaignTest {
    private static final int SHORT = 1;
    private static final int KINDS = 7;

    @TempDir
    Path temp;

    @ParameterizedTest
    @CsvSource({"train, false, train", "weight, false, prune --method GReg-1 --wg weight", "overwriting, true, train"})
    void inEveryBuild(String kind, boolean over, String words) throws Exception {
        kill(kind, over, words);
    }

    @ParameterizedTest
    @CsvSource({
        "GReg-1, false, prune --method GReg-1",
        "GReg-2, false, prune --method GReg-2 --one-shot",
        "L1, false, prune --method L1",
        "channel, false, prune --method GReg-2 --wg channel --stage-pr conv2:0.5"
    })
    void inLongCampaigns(String kind, boolean over, String words) throws Exception {
        if (Options.isLong()) kill(kind, over, words);
    }

    private void kill(String kind, boolean over, String words) throws Exception {
        SplittableRandom random = new SplittableRandom(Options.SEED + kind.hashCode());
        KillLoop loop = new KillLoop(temp, over, words.split(" "));
        long end = System.nanoTime() + Math.round(60e9 * Options.MINUTES / KINDS);
        while (Options.isLong() ? System.nanoTime() < end : loop.kills() < SHORT) loop.run(random);
        Options.say(String.format("%-14s %s, each with the bits of the undisturbed run", kind, loop));
        assertTrue(loop.kills() > 0, "no process was killed");
    }
}
