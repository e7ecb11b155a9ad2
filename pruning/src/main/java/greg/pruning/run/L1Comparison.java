package greg.pruning.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;

/**
 * How L1 in one shot is run beside a method, at the same ratios and with the same finetuning. Written {@code false}, {@code
 * true} and {@code matched}.
 */
public enum L1Comparison {
    /** Not at all. */
    NONE(false),
    /** With finetuning alone: it trains less than a method that grows a penalty first. */
    FINETUNED(true),
    /**
     * Both so, and with the steps of growing before finetuning: the same number, learning rate, batch size, momentum and
     * weight decay. FixReg is given the steps of GReg-1.
     */
    MATCHED("matched");

    private final Object written;

    L1Comparison(Object written) {
        this.written = written;
    }

    /** As config.json has it. */
    @JsonValue
    Object written() {
        return written;
    }

    /** As text. */
    @Override
    public String toString() {
        return written.toString();
    }

    /** The texts of all. */
    public static List<String> texts() {
        return Arrays.stream(values()).map(L1Comparison::toString).toList();
    }

    /** The constant of that text, or null. */
    public static L1Comparison of(String text) {
        return Arrays.stream(values())
                .filter(c -> c.toString().equals(text))
                .findFirst()
                .orElse(null);
    }
}
