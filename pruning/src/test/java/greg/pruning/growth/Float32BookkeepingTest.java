package greg.pruning.growth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The number of updates until a limit is passed, when lambda is accumulated in float32. Expected numbers from PyTorch 1.13:
 *
 * <pre>
 * reg, n = torch.zeros(1), 0
 * while True:
 *     reg += step; n += 1
 *     if reg.max() &gt; limit: break        # or &gt;=
 * </pre>
 *
 * In the comments: what a float64 sum would give.
 */
class Float32BookkeepingTest {
    @ParameterizedTest
    @CsvSource({
        "0.01, 0.5, 51", // 50
        "0.02, 1.0, 51", // 50
        "0.05, 1.0, 20", // 20
        "1e-4, 1.0, 10000", // 10001; the defaults
        "0.025, 1.0, 41", // 40
    })
    void updatesUntilStrictlyAboveTau(double step, double limit, int updates) {
        GregConfig config = GregConfig.greg1()
                .regGranularityPrune(step)
                .regUpperLimit(limit)
                .build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        assertEquals(updates, Runs.grow(schedule, 5, 20_000, Runs::rising).size());
        assertEquals((updates - 1) * 5L, schedule.stabilizeStart());
    }

    @ParameterizedTest
    @CsvSource({
        "0.002, 0.1, 51", // 50
        "0.005, 0.25, 51", // 50
        "0.006, 0.3, 50", // 50
        "1e-5, 1e-2, 1001", // 1001; the defaults
    })
    void updatesUntilTauPickIsReached(double step, double limit, int updates) {
        GregConfig config = GregConfig.greg2()
                .regGranularityPick(step)
                .regUpperLimitPick(limit)
                .build();
        GrowthSchedule schedule = GrowthSchedule.start(config, Runs.layers(4, 0.5), Runs::rising);
        Runs.grow(schedule, 5, updates, Runs::rising);
        assertEquals((updates - 1) * 5L, schedule.layers().get(0).pickIteration());
    }
}
