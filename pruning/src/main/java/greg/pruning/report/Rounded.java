package greg.pruning.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers for a page: more digits than a screen shows make it large for nothing. */
final class Rounded {
    private static final MathContext DIGITS = new MathContext(5);

    private Rounded() {}

    /** Five digits; null where there is no number, since JSON has no NaN. */
    static Double of(double value) {
        return Double.isFinite(value) ? new BigDecimal(value).round(DIGITS).doubleValue() : null;
    }
}
