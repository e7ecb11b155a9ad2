package greg.pruning.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The names of enum constants in run folders and on the command line, e.g. {@code GReg-1}. A constant's annotation {@link
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

    /** All constants by name, in their order. */
    public static <E extends Enum<E>> Map<String, E> constants(Class<E> type) {
        Map<String, E> byName = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) byName.put(name(constant), constant);
        return byName;
    }
}
