package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flags that change nothing are named. */
class IdleFlagsTest extends LenetRuns {
    private static final String GROWTH = "--batch-size-prune, --update-reg-interval, --stabilize-reg-interval,"
            + " --reg-upper-limit, --reg-upper-limit-pick, --reg-granularity-pick, --reg-granularity-prune";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--method L1 --one-shot|--lr-prune, GROWTH, --one-shot have no effect with --method L1",
                "--method GReg-1|--reg-upper-limit-pick, --reg-granularity-pick have no effect with --method GReg-1",
                "--method GReg-1 --pick-pruned rand --score l2|--reg-upper-limit-pick, --reg-granularity-pick have no effect with --method GReg-1;--score has no effect with --pick-pruned rand",
                "--method GReg-2 --base-lr 0.1|--base-lr has no effect where --weights gives the base network",
                "--method GReg-2 --no-finetune --optimizer sgd|--lr-ft, --optimizer, --epochs have no effect without finetuning",
            })
    void areNamedInALine(String flags, String warning) {
        List<String> all = new java.util.ArrayList<>(List.of(flags.split(" ")));
        all.addAll(List.of("--stage-pr", RATIOS));
        Cli result = prune(temp.resolve("run"), all.toArray(new String[0]));
        assertEquals(0, result.code(), result.err());
        assertEquals(
                Stream.of(warning.split(";"))
                        .map(w -> "warning: " + w.replace("GROWTH", GROWTH))
                        .toList(),
                result.err().lines().filter(line -> line.contains("no effect")).toList());
    }
}
