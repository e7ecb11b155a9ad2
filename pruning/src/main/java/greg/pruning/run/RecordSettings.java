package greg.pruning.run;

import java.util.List;

/**
 * What a growth leaves in {@code metrics.jsonl} beside its milestones. Nothing of it changes what is trained.
 *
 * @param logInterval iterations between two records of loss, lambda and magnitudes; 0: so many that there are about a
 *     thousand
 * @param testInterval iterations between two measurements on the test images; 0: none
 * @param scoresAt iterations at which the score of each group is recorded; null: a few, spread over the growth
 */
public record RecordSettings(long logInterval, long testInterval, List<Long> scoresAt) {}
