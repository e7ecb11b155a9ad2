package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Locale;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * Results of one experiment repeated with different seeds, as papers print them.
 *
 * @param mean their mean
 * @param std their sample standard deviation (n - 1 in the denominator); 0 for a single run
 * @param runs how many there were; 0 if a source does not say
 */
@JsonPropertyOrder({"mean", "std", "runs"})
public record MeanStd(double mean, @JsonIgnore double std, int runs) {
    /** Of the results of at least one run; IllegalArgumentException if one is not finite. */
    public static MeanStd of(double... results) {
        if (results.length == 0)
            throw new IllegalArgumentException("mean and std: expected at least one run, got none");
        SummaryStatistics statistics = new SummaryStatistics();
        for (double result : results) {
            if (!Double.isFinite(result)) {
                throw new IllegalArgumentException("mean and std: expected finite results, got " + result);
            }
            statistics.addValue(result);
        }
        return new MeanStd(statistics.getMean(), statistics.getStandardDeviation(), results.length);
    }

    /** One published number without a spread. */
    public static MeanStd single(double value) {
        return new MeanStd(value, 0, 1);
    }

    /** For programs: null where there is only one run. */
    @JsonProperty("std")
    Double spread() {
        return runs == 1 ? null : std;
    }

    /** {@code 89.49 ± 0.23}; without the spread where there is only one run. */
    @Override
    public String toString() {
        return runs == 1
                ? String.format(Locale.ROOT, "%.2f", mean)
                : String.format(Locale.ROOT, "%.2f \u00b1 %.2f", mean, std);
    }
}
