package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names of enum constants, and numbers, in run folders and on the command line, e.g. {@code GReg-1}. A constant's annotation {@link
 * JsonProperty} says its name, so whatever Jackson writes has it too.
 */
public final class Written {
    private Written() {}

    /** The name of a constant; IllegalArgumentException if it has no annotation. */
    public static String name(Enum<?> constant) {
        try {
            JsonProperty name =
                    constant.getDeclaringClass().getField(constant.name()).getAnnotation(JsonProperty.class);
            if (name != null) return name.value();
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e); // a constant is a field of its class
        }
        throw new IllegalArgumentException(constant.getDeclaringClass().getSimpleName() + "." + constant.name()
                + ": expected an annotation @JsonProperty with its written name");
    }

    /** A number without an exponent: 0.0005 for 5.0E-4, and 1 for 1.0. */
    public static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    /** All constants by name, in their order. */
    public static <E extends Enum<E>> Map<String, E> constants(Class<E> type) {
        Map<String, E> byName = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) byName.put(name(constant), constant);
        return byName;
    }
}
