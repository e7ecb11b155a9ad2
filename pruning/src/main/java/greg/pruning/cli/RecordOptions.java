package greg.pruning.cli;

import greg.pruning.run.RecordSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** Flags of what is recorded while a penalty grows; none of them changes what is trained. */
@HelpGroup(HelpGroup.Heading.RUN)
final class RecordOptions {
    @Option(
            names = "--log-interval",
            paramLabel = "N",
            defaultValue = "0",
            description = "Iterations between two records of loss, lambda and magnitudes in metrics.jsonl, while lambda"
                    + " grows and while it is constant; 0: about a thousand records. Default: ${DEFAULT-VALUE}.")
    long logInterval;

    @Option(
            names = "--test-interval",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Iterations between two measurements on the test images until the removal, of the network as it"
                            + " is and without the groups that are to be removed; 0: none. Default: ${DEFAULT-VALUE}.")
    long testInterval;

    @Option(
            names = "--scores-at",
            paramLabel = "ITERATION,...",
            split = ",",
            description =
                    "Iterations at which the score of each filter or channel is recorded, beside the first, GReg-2's pick,"
                            + " the end of growth and the removal (figure 1 of the paper: 5000,10000,15000). Default: a few, spread"
                            + " over the growth.")
    List<Long> scoresAt;

    /** Checks the numbers. */
    void check() {
        Checks.atLeast("--log-interval", 0, logInterval);
        Checks.atLeast("--test-interval", 0, testInterval);
        if (scoresAt != null) for (long at : scoresAt) Checks.atLeast("--scores-at", 0, at);
    }

    /** As given. */
    RecordSettings settings() {
        return new RecordSettings(logInterval, testInterval, scoresAt);
    }
}
